// kubectl, helm and the shell of an operator, and what of a cluster the proof looks at.
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from '../../root.js';

const execute = promisify(execFile);

/** Where the proof installs Parley; docs/operations.md names it. */
export const namespace = 'parley';

/** How to reach the cluster, by variables: what differs between clusters and is no part of Parley. */
export const given = {
  enabled: process.env['PARLEY_PROVE_KUBERNETES'] === '1',
  /** A command that brings the images named behind it into the cluster, where no registry does. */
  load: process.env['PARLEY_PROVE_KUBERNETES_LOAD'],
  /** A command that takes `kill` or `start` and the name of a node. */
  node: process.env['PARLEY_PROVE_KUBERNETES_NODE'],
};

interface RunOptions {
  readonly input?: string;
  readonly withinMs?: number;
}

/** What a program prints; rejects with what it printed to standard error. */
const run = async (program: string, args: readonly string[], options: RunOptions = {}): Promise<string> => {
  const { input, withinMs = 1_200_000 } = options;
  const running = execute(program, args, { cwd: root, timeout: withinMs, maxBuffer: 64 * 1024 * 1024 });
  if (input !== undefined) running.child.stdin?.end(input);
  return (await running).stdout;
};

export const kubectl = (args: readonly string[], options?: RunOptions): Promise<string> =>
  run('kubectl', ['--namespace', namespace, ...args], options);

export const helm = (args: readonly string[]): Promise<string> => run('helm', ['--namespace', namespace, ...args]);

/** `docker push` is the one thing of the documented commands that needs a registry. */
const prelude = `docker() { if [ "$1" = push ] && [ -n "\${PARLEY_PROVE_KUBERNETES_LOAD:-}" ]; then $PARLEY_PROVE_KUBERNETES_LOAD "$2"; else command docker "$@"; fi; }\n`;

/** Runs a script as an operator would in the folder of the repository; rejects when one of its commands fails. */
export const shell = (script: string): Promise<string> => run('bash', ['-euo', 'pipefail', '-c', prelude + script]);

/** Runs a command line of the operator's own with further words. */
export const command = (line: string, words: readonly string[]): Promise<string> => {
  const [program = '', ...args] = line.split(' ');
  return run(program, [...args, ...words]);
};

export const apply = (...objects: readonly object[]): Promise<string> =>
  kubectl(['apply', '--filename', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) });

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
  };
}

/** Everything of a kind that these labels select, as the API has it. */
export const list = async <T>(kind: string, selector = ''): Promise<T[]> => {
  const args = ['get', kind, '--output', 'json', ...(selector === '' ? [] : ['--selector', selector])];
  return (JSON.parse(await kubectl(args)) as { items: T[] }).items;
};

export const servers = 'app.kubernetes.io/part-of=parley,app.kubernetes.io/component=server';

export const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status.conditions ?? []).some(({ type, status: state }) => type === 'Ready' && state === 'True');

/** Whether something holds within its time. */
export const until = async (holds: () => Promise<boolean>, withinMs = 300_000): Promise<boolean> => {
  for (const end = performance.now() + withinMs; !(await holds().catch(() => false)); await sleep(1_000))
    if (performance.now() > end) return false;
  return true;
};

/** One value of an object. */
export const read = (object: string, path: string): Promise<string> =>
  kubectl(['get', object, '--output', `jsonpath={${path}}`]);

/** Names of the nodes that take pods. */
export const nodes = async (): Promise<string[]> =>
  (await kubectl(['get', 'nodes', '--output', 'jsonpath={.items[*].metadata.name}'])).split(' ').filter(Boolean);

/** Why the proof cannot run here, in half a sentence; null when it can. */
export const obstacle = async (): Promise<string | null> => {
  if (!given.enabled) return 'PARLEY_PROVE_KUBERNETES=1 allows it to use the cluster that kubectl reaches';
  for (const [program, args] of [
    ['kubectl', ['version', '--client']],
    ['helm', ['version']],
    ['docker', ['version']],
  ] as const)
    if (!(await works(program, args))) return `${program} does not work`;
  return (await works('kubectl', ['get', 'nodes', '--request-timeout=10s'])) ? null : 'kubectl reaches no cluster';
};

const works = (program: string, args: readonly string[]): Promise<boolean> =>
  run(program, args, { withinMs: 20_000 }).then(
    () => true,
    () => false,
  );
