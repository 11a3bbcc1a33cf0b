// What Kubernetes' own schemas (OpenAPI v3) say of the kinds that the charts render, for versions that kubectl-validate does not carry and would
// look for on the network. They are in the repository, so that the checks need no network: k8s/schemas, as kubectl-validate reads it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './chart-tools.js';
import { root } from './repository.js';

/** The oldest that the charts install on (`kubeVersion`): kubectl-validate carries its schemas. */
const oldest = '1.29';

/** The release of Kubernetes whose schemas stand for each version. */
const releases: Readonly<Record<string, string>> = { '1.32': '1.32.11', '1.34': '1.34.4' };

/** What `npm run charts` renders for, the newest last. */
export const kubernetesVersions = [oldest, ...Object.keys(releases)];

/** How kubectl-validate is called for a version. It takes kinds that the files of a version do not have from the oldest. */
export const validationArguments = (version: string): string[] => [
  ...['--version', oldest],
  ...(version in releases ? ['--local-schemas', join(root, 'k8s/schemas', version)] : []),
];

/** Of each group and version of the API, the kinds that the charts render. */
export const renderedKinds: Readonly<Record<string, readonly string[]>> = {
  'api/v1': ['ConfigMap', 'Secret', 'Service', 'ServiceAccount'],
  'apis/apps/v1': ['Deployment', 'StatefulSet'],
  'apis/autoscaling/v2': ['HorizontalPodAutoscaler'],
  'apis/batch/v1': ['Job'],
  'apis/networking.k8s.io/v1': ['Ingress', 'NetworkPolicy'],
  'apis/policy/v1': ['PodDisruptionBudget'],
};

interface Definition {
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly kind: string }[];
}

interface OpenApi {
  readonly openapi: string;
  readonly info: object;
  readonly components: { readonly schemas: Readonly<Record<string, Definition>> };
}

/** Texts for people are most of it. */
const withoutDescriptions = (definition: Definition): Definition =>
  JSON.parse(JSON.stringify(definition), (key, value: unknown) =>
    key === 'description' && typeof value === 'string' ? undefined : value,
  ) as Definition;

/** The definitions of these kinds, and those that they refer to. */
const definitionsOf = ({ components: { schemas } }: OpenApi, kinds: readonly string[]): Record<string, Definition> => {
  const found: Record<string, Definition> = {};
  const add = (name: string): void => {
    const definition = schemas[name];
    if (name in found || definition === undefined) return;
    found[name] = withoutDescriptions(definition);
    for (const [, used = ''] of JSON.stringify(definition).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) add(used);
  };
  for (const [name, definition] of Object.entries(schemas))
    if (definition['x-kubernetes-group-version-kind']?.some(({ kind }) => kinds.includes(kind))) add(name);
  return found;
};

/** The files of k8s/schemas, from the source of Kubernetes as Go's module proxy has it: needs Go and a network. */
export const kubernetesSchemaFiles = (): ReadonlyMap<string, string> => {
  const files = new Map<string, string>();
  for (const [version, release] of Object.entries(releases)) {
    const downloaded = run('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${release}`]);
    const { Dir } = JSON.parse(downloaded) as { Dir: string };
    for (const [path, kinds] of Object.entries(renderedKinds)) {
      const source = join(Dir, 'api/openapi-spec/v3', `${path.replaceAll('/', '__')}_openapi.json`);
      const all = JSON.parse(readFileSync(source, 'utf8')) as OpenApi;
      const { openapi, info } = all;
      const reduced = { openapi, info, paths: {}, components: { schemas: definitionsOf(all, kinds) } };
      files.set(`k8s/schemas/${version}/${path}.json`, `${JSON.stringify(reduced)}\n`);
    }
  }
  return files;
};
