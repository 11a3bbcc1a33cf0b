import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** An object as Kubernetes would get it; as much of its shape as the tests look at. */
export interface Rendered {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec?: unknown;
  readonly data?: Record<string, string>;
}

export const services = ['auth', 'topics', 'chat', 'signaling', 'gateway'] as const;
export type Service = (typeof services)[number];
export const stores = ['nats', 'postgres', 'redis'] as const;
export type Store = (typeof stores)[number];

/** The sets of values that the project keeps: how most people install it. */
export const valueSets = ['default', 'minimal', 'everything', 'high-availability'] as const;
export type ValueSet = (typeof valueSets)[number];

export interface Wish {
  readonly chart?: Service | 'platform';
  readonly release?: string;
  readonly values?: ValueSet;
  /** As after `--set`. */
  readonly set?: readonly string[];
  /** What a cluster has beside Kubernetes' own; by default the Prometheus operator and KEDA. */
  readonly apis?: readonly string[];
  /** What the Secret of this release holds already, as text. */
  readonly stored?: Readonly<Record<string, string>>;
  /** Further objects of the cluster; without these and `stored` there is no cluster. */
  readonly live?: readonly object[];
  /** Of the charts and their images, instead of the one of the repository. */
  readonly version?: string;
}

/** The only line of the charts that asks a cluster. */
const lookup = 'lookup .version .kind .root.Release.Namespace .name';

/** A chart as it would be rendered beside objects that are there. */
const besideObjects = (charts: string, { chart = 'platform', stored, live = [] }: Wish): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-charts-live-'));
  cpSync(join(charts, chart), folder, { recursive: true });
  const objects = [account, ...(stored === undefined ? [] : [secretHolding(stored)]), ...live] as Rendered[];
  const byName = Object.fromEntries(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
  const answer = `index (fromJson \`${JSON.stringify(byName)}\`) (printf "%s/%s" .kind .name)`;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.tpl'));
  const asking = files.filter((path) => readFileSync(join(folder, path), 'utf8').includes('lookup '));
  for (const path of asking) {
    const text = readFileSync(join(folder, path), 'utf8');
    if (text.split(lookup).length !== 2) throw new Error(`${path} asks the cluster in another way`);
    writeFileSync(
      join(folder, path),
      text.replace(lookup, () => answer),
    );
  }
  return folder;
};

/** The platform chart as a release with another version has it. */
const ofVersion = (charts: string, version: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-charts-version-'));
  cpSync(join(charts, 'platform'), folder, { recursive: true });
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('Chart.yaml')) continue;
    const text = readFileSync(join(folder, path), 'utf8');
    writeFileSync(join(folder, path), text.replace(/^( *)(version|appVersion): .*$/gm, `$1$2: ${version}`));
  }
  return folder;
};

/** Every namespace has it. */
const account = { kind: 'ServiceAccount', metadata: { name: 'default' } };

const secretHolding = (stored: Readonly<Record<string, string>>): object => ({
  kind: 'Secret',
  metadata: { name: 'parley', annotations: { 'meta.helm.sh/release-name': 'parley' } },
  data: Object.fromEntries(Object.entries(stored).map(([key, value]) => [key, btoa(value)])),
});

const template = (wish: Wish) => {
  const { chart = 'platform', release = 'parley', values = 'default', set = [] } = wish;
  const charts = process.env['PARLEY_PACKED_CHARTS'] ?? '';
  const isLive = wish.stored !== undefined || wish.live !== undefined;
  const copy = isLive
    ? besideObjects(charts, wish)
    : wish.version === undefined
      ? null
      : ofVersion(charts, wish.version);
  const folder = copy ?? join(charts, chart);
  const file = fileURLToPath(new URL(`../values/${values}.yaml`, import.meta.url));
  const settings = [
    ...(values === 'default' ? [] : ['--values', file]),
    ...set.flatMap((each) => ['--set-json', each]),
  ];
  const apis = (wish.apis ?? ['monitoring.coreos.com/v1', 'keda.sh/v1alpha1']).flatMap((api) => [
    '--api-versions',
    api,
  ]);
  const args = ['template', release, folder, '--namespace', 'parley', '--kube-version', '1.33', ...apis, ...settings];
  const result = spawnSync(process.env['PARLEY_HELM'] ?? 'helm', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (copy !== null) rmSync(copy, { recursive: true, force: true });
  return result;
};

/** Every object of a rendering, hooks among them. */
export const render = (wish: Wish = {}): Rendered[] => {
  const { status, stdout, stderr } = template(wish);
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);
};

/** What Helm says to values that cannot be. Throws when it takes them. */
export const refusal = (wish: Wish): string => {
  const { status, stderr } = template(wish);
  if (status === 0) throw new Error('Helm took these values');
  return stderr;
};

export const ofKind = (objects: readonly Rendered[], kind: string): Rendered[] =>
  objects.filter((object) => object.kind === kind);

/** What the Secret of a rendering holds, as text. */
export const secretOf = (objects: readonly Rendered[]): Record<string, string> => {
  const [secret] = ofKind(objects, 'Secret');
  if (!secret) throw new Error('No Secret is rendered');
  return Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, value]) => [key, atob(value)]));
};

/** The configuration files of a store that the chart brings. */
export const configOf = (objects: readonly Rendered[], store: Store): Record<string, string> =>
  ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name === `parley-${store}`)?.data ?? {};

/** The Secret of a release in which all services were one user of the bus. */
export const secretBeforeBusUsers = {
  PARLEY_SECRET: 'kept',
  NATS_URL: 'nats://parley:former@parley-nats:4222',
  'nats-authorization.conf': 'user: parley\npassword: "former"\n',
  DATABASE_URL: 'postgres://parley:database@parley-postgres:5432/parley',
  POSTGRES_PASSWORD: 'database',
  REDIS_URL: 'redis://:redis@parley-redis:6379',
  'redis-password.conf': 'requirepass redis\n',
} as const;

interface Pod {
  readonly volumes?: readonly { readonly secret?: { readonly items?: readonly { key: string; path: string }[] } }[];
}

/** Name of each workload → the keys of the Secret that it mounts, with the file that each becomes. */
export const mountedBy = (objects: readonly Rendered[]): Map<string, { key: string; path: string }[]> =>
  new Map(
    objects.flatMap(({ kind, metadata, spec }): [string, { key: string; path: string }[]][] => {
      const pod = kind === 'Pod' ? spec : (spec as { template?: { spec: Pod } } | undefined)?.template?.spec;
      const volumes = (pod as Pod | undefined)?.volumes ?? [];
      // Without `items` it would be all of them.
      const items = volumes.flatMap(({ secret }) => (secret ? (secret.items ?? [{ key: '*', path: '*' }]) : []));
      return items.length === 0 ? [] : [[`${kind} ${metadata.name}`, [...items]]];
    }),
  );
