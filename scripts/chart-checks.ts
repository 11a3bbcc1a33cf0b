import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestFiles, packedCharts, render, schemaFiles, stale } from './chart-files.js';
import { kubernetesVersions, renderedKinds, validationArguments } from './chart-kubernetes.js';
import { readmeFiles } from './chart-readmes.js';
import { run } from './chart-tools.js';
import { root } from './repository.js';
import { services } from './services.js';

const failures: string[] = [];

const check = (what: string, work: () => void): void => {
  try {
    work();
    console.log(`  ok   ${what}`);
  } catch (error) {
    failures.push(what);
    const { stderr, stdout, message } = error as Error & { readonly stderr?: string; readonly stdout?: string };
    console.log(`  FAIL ${what}\n${stderr || stdout || message}`);
  }
};

const mustBeEmpty = (paths: readonly string[]): void => {
  if (paths.length > 0) throw new Error(`stale: ${paths.join(', ')}; run npm run charts -- write`);
};

const lint = (helm: string, chart: string, settings: readonly string[]): string =>
  run(helm, ['lint', '--strict', '--quiet', '--kube-version', '1.33', ...settings, chart]);

const valueSets = ['default', 'minimal', 'everything', 'high-availability'];
const valuesOf = (name: string): string[] => (name === 'default' ? [] : [join(root, 'k8s/values', `${name}.yaml`)]);

const checkManifests = (helm: string, folder: string): void => {
  const manifests = manifestFiles(helm, folder);
  const known = readdirSync(join(root, 'k8s/manifests')).map((file) => `k8s/manifests/${file}`);
  check('k8s/manifests is what the charts render', () =>
    mustBeEmpty([...stale(manifests), ...known.filter((path) => !manifests.has(path))]),
  );
};

/** A kind that the schemas in the repository do not have would be looked at by those of an older Kubernetes. */
const checkKinds = (documents: readonly string[]): void => {
  const known = new Set(Object.values(renderedKinds).flat());
  const unknown = documents
    .flatMap((document) => /^kind: (\w+)/m.exec(document)?.[1] ?? [])
    .filter((kind) => !known.has(kind));
  if (unknown.length > 0) throw new Error(`scripts/chart-kubernetes.ts does not name ${unknown.join(', ')}`);
};

const checkPlatform = (helm: string, validate: string, folder: string, name: string): void => {
  const platform = join(folder, 'platform');
  const values = valuesOf(name);
  check(`helm lint platform, ${name}`, () =>
    lint(
      helm,
      platform,
      values.flatMap((file) => ['--values', file]),
    ),
  );
  for (const version of kubernetesVersions)
    check(`every object is one of Kubernetes ${version}, ${name}`, () => {
      const rendered = join(folder, `${name}-${version}.yaml`);
      // These are not Kubernetes' own; k8s/test looks at them.
      const own = render(helm, platform, { values, version })
        .split(/^---\n/m)
        .filter((document) => !/^kind: (ServiceMonitor|PodMonitor|HTTPRoute|Gateway|ScaledObject)$/m.test(document));
      writeFileSync(rendered, own.join('---\n'));
      checkKinds(own);
      run(validate, [...validationArguments(version), rendered]);
    });
};

/** Prints each check with its result; whether all hold. */
export const checkCharts = async (helm: string, validate: string): Promise<boolean> => {
  const schemas = await schemaFiles();
  check('values.schema.json of every chart is what the code reads', () => mustBeEmpty(stale(schemas)));
  const readmes = await readmeFiles();
  check('README.md of every chart has its values', () => mustBeEmpty(stale(readmes)));
  const { folder, remove } = packedCharts(helm);
  try {
    checkManifests(helm, folder);
    for (const chart of services)
      check(`helm lint ${chart}`, () => lint(helm, join(folder, chart), ['--set', 'global.secret=parley']));
    for (const name of valueSets) checkPlatform(helm, validate, folder, name);
  } finally {
    remove();
  }
  const policies = spawnSync('npx', ['vitest', 'run', '--config', 'k8s/vitest.config.ts'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PARLEY_HELM: helm },
  });
  return failures.length === 0 && policies.status === 0;
};
