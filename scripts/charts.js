// npm run charts: everything that can be known about the charts without a cluster. `npm run charts -- write` writes what is made from
// them: schemas and manifests. Helm and kubectl-validate are taken from PATH, else installed with Go.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { end, readCommandLine, unknownName } from './command-line.js';
import { configOf, services } from './services.js';

const { positionals } = readCommandLine({
  command: 'npm run charts --',
  about: `Checks the Helm charts without a cluster. "write" writes what is made from them instead: schemas and manifests.
Installs helm and kubectl-validate with Go when they are not on PATH.`,
  words: ['write'],
});
const [command] = positionals;
if (command !== undefined && command !== 'write') end(1, `${unknownName('command', command, ['write'])}.`);

// What is asked wrongly is answered before these are loaded.
const [{ default: prettier }, { schemasOf }] = await Promise.all([import('prettier'), import('../k8s/schemas.js')]);

const root = fileURLToPath(new URL('../', import.meta.url));
const tools = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  'kubectl-validate': 'sigs.k8s.io/kubectl-validate@v0.0.4',
};
// The newest whose schemas kubectl-validate carries: it looks for others on the network.
const kubernetesVersions = ['1.29', '1.30'];

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26, ...options });

const found = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Where a tool is; installed with Go when it is nowhere. null: it cannot be had here, and why was said. */
const toolOf = (name) => {
  if (found(name, ['--help'])) return name;
  const without = (why) => {
    console.log(`  Charts are not looked at without ${name}: ${why}.`);
    return null;
  };
  if (!found('go', ['version'])) return without('neither it nor Go, which installs it, is on PATH');
  const installed = join(run('go', ['env', 'GOPATH']).trim(), 'bin', name);
  if (existsSync(installed)) return installed;
  console.log(`  installing ${tools[name]}; this takes a few minutes`);
  const { status } = spawnSync('go', ['install', tools[name]], { stdio: ['ignore', 'ignore', 'inherit'] });
  return status === 0 ? installed : without('Go could not install it');
};

/** What a chart sets itself: where it mounts the certificates of a store. */
const ofTls = /^PARLEY_[A-Z]+_(CA|CERT|KEY)_FILE$/;

/** The variables that a chart may be given: what the service reads, without secrets and without what the chart sets itself. */
const variablesOf = async (service) => {
  const set = ['HOST', 'PORT', 'PARLEY_DRAIN_MS', 'REDIS_URL', 'PARLEY_SECRET', 'PARLEY_SWIFTY_ENROLMENT_SECRET'];
  const config = await configOf(service);
  const own = Object.keys((config.in ?? config).shape).filter((name) => !set.includes(name) && !ofTls.test(name));
  const ofProcess = ['PARLEY_STARTUP_WAIT_MS', ...(service === 'gateway' ? [] : ['PARLEY_DATABASE_CONNECTIONS'])];
  return [...own, ...ofProcess].sort();
};

const schemaFiles = async () => {
  const described = {};
  for (const name of services) described[name] = { variables: await variablesOf(name), http: name === 'gateway' };
  const format = (text) => prettier.format(text, { parser: 'json', printWidth: 120 });
  const files = new Map();
  for (const [chart, schema] of Object.entries(schemasOf(described)))
    files.set(`k8s/charts/${chart}/values.schema.json`, await format(JSON.stringify(schema)));
  return files;
};

/** A copy of the charts with what they depend on inside, so that the checkout stays as it is. */
const packedCharts = (helm) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-charts-'));
  cpSync(join(root, 'k8s/charts'), folder, { recursive: true });
  for (const chart of [...services, 'platform'])
    run(helm, ['dependency', 'update', '--skip-refresh', join(folder, chart)]);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

const render = (helm, chart, { release = 'parley', values = [], set = [], version = kubernetesVersions.at(-1) }) => {
  const settings = [...values.flatMap((file) => ['--values', file]), ...set.flatMap((each) => ['--set', each])];
  return run(helm, ['template', release, chart, '--namespace', 'parley', '--kube-version', version, ...settings]);
};

const valueSets = ['default', 'minimal', 'everything', 'high-availability'];
const valuesOf = (name) => (name === 'default' ? [] : [join(root, 'k8s/values', `${name}.yaml`)]);

const head = (chart) =>
  `# Made from k8s/charts by \`npm run charts -- write\`; do not edit. k8s/README.md says how it is used.\n# ${chart}\n`;

/** For people without Helm: one file for each part. The Secret is theirs to make, so that no secret is ever written down. */
const manifestFiles = (helm, folder) => {
  const all = render(helm, join(folder, 'platform'), { set: ['secret.create=false'] });
  const parts = new Map();
  for (const document of all.split(/^---\n/m)) {
    const source = /^# Source: platform\/(?:charts\/([a-z]+)\/)?templates\/([a-z]+)/m.exec(document);
    // What Helm runs at certain moments has no place in a folder that is applied as a whole.
    if (!source || /helm\.sh\/hook/.test(document)) continue;
    const part = source[1] ?? source[2];
    const text = document
      .replace(/^# Source: .*\n/m, '')
      .replaceAll(/^ *(app\.kubernetes\.io\/managed-by|helm\.sh\/chart): .*\n/gm, '');
    parts.set(part, [...(parts.get(part) ?? []), text.trim()]);
  }
  return new Map(
    [...parts].map(([part, texts]) => [
      `k8s/manifests/${part}.yaml`,
      `${head(part)}${texts.map((text) => `---\n${text}\n`).join('')}`,
    ]),
  );
};

const write = (files) => {
  for (const [path, text] of files) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`  wrote ${path}`);
  }
};

const stale = (files) =>
  [...files]
    .filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
    .map(([path]) => path);

const failures = [];
const check = (what, work) => {
  try {
    work();
    console.log(`  ok   ${what}`);
  } catch (error) {
    failures.push(what);
    console.log(`  FAIL ${what}\n${error.stderr || error.stdout || error.message}`);
  }
};
const mustBeEmpty = (paths) => {
  if (paths.length > 0) throw new Error(`stale: ${paths.join(', ')}; run npm run charts -- write`);
};

const checkAll = async (helm, validate) => {
  const schemas = await schemaFiles();
  check('values.schema.json of every chart is what the code reads', () => mustBeEmpty(stale(schemas)));
  const { folder, remove } = packedCharts(helm);
  try {
    const manifests = manifestFiles(helm, folder);
    const known = readdirSync(join(root, 'k8s/manifests')).map((file) => `k8s/manifests/${file}`);
    check('k8s/manifests is what the charts render', () =>
      mustBeEmpty([...stale(manifests), ...known.filter((path) => !manifests.has(path))]),
    );
    for (const chart of services)
      check(`helm lint ${chart}`, () =>
        run(helm, [
          'lint',
          '--strict',
          '--quiet',
          '--kube-version',
          '1.33',
          '--set',
          'global.secret=parley',
          join(folder, chart),
        ]),
      );
    for (const name of valueSets) {
      const values = valuesOf(name).flatMap((file) => ['--values', file]);
      check(`helm lint platform, ${name}`, () =>
        run(helm, ['lint', '--strict', '--quiet', '--kube-version', '1.33', ...values, join(folder, 'platform')]),
      );
      for (const version of kubernetesVersions)
        check(`every object is one of Kubernetes ${version}, ${name}`, () => {
          const rendered = join(folder, `${name}-${version}.yaml`);
          // A ServiceMonitor is not Kubernetes' own; k8s/test looks at it.
          const own = render(helm, join(folder, 'platform'), { values: valuesOf(name), version })
            .split(/^---\n/m)
            .filter((document) => !/^kind: ServiceMonitor/m.test(document));
          writeFileSync(rendered, own.join('---\n'));
          run(validate, ['--version', version, rendered]);
        });
    }
  } finally {
    remove();
  }
  const environment = { ...process.env, PARLEY_HELM: helm };
  const policies = spawnSync('npx', ['vitest', 'run', '--config', 'k8s/vitest.config.ts'], {
    cwd: root,
    stdio: 'inherit',
    env: environment,
  });
  if (policies.status !== 0) failures.push('policies');
};

/** Ends well when all holds, or when there is nothing to look with. */
const main = async () => {
  const helm = toolOf('helm');
  if (helm === null) return;
  if (command === 'write') return writeAll(helm);
  const validate = toolOf('kubectl-validate');
  if (validate !== null) await checkAll(helm, validate);
};

const writeAll = async (helm) => {
  write(await schemaFiles());
  const { folder, remove } = packedCharts(helm);
  write(manifestFiles(helm, folder));
  remove();
};

await main();
process.exitCode = failures.length === 0 ? 0 : 1;
