import { spawnSync } from 'node:child_process';
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

/** The sets of values that the project keeps: how most people install it. */
export const valueSets = ['default', 'minimal', 'everything', 'high-availability'] as const;
export type ValueSet = (typeof valueSets)[number];

export interface Wish {
  readonly chart?: Service | 'platform';
  readonly release?: string;
  readonly values?: ValueSet;
  /** As after `--set`. */
  readonly set?: readonly string[];
}

const template = ({ chart = 'platform', release = 'parley', values = 'default', set = [] }: Wish) => {
  const charts = process.env['PARLEY_PACKED_CHARTS'] ?? '';
  const file = fileURLToPath(new URL(`../values/${values}.yaml`, import.meta.url));
  const settings = [
    ...(values === 'default' ? [] : ['--values', file]),
    ...set.flatMap((each) => ['--set-json', each]),
  ];
  const args = [
    'template',
    release,
    join(charts, chart),
    '--namespace',
    'parley',
    '--kube-version',
    '1.33',
    ...settings,
  ];
  return spawnSync(process.env['PARLEY_HELM'] ?? 'helm', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
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
