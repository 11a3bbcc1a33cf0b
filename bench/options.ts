import { resolve } from 'node:path';
import { end, readCommandLine, unknownName } from '@parley/scripts/command-line';
import { fanOutServers, type Plan, type SystemName } from './system.js';
import type { RunOptions } from './workloads/run-workload.js';
import { comparedIn, type WorkloadName } from './workloads/workload.js';

const text = { type: 'string' } as const;
const off = { type: 'boolean', default: false } as const;

const read = () =>
  readCommandLine({
    command: 'npm run bench --',
    about:
      'A workload, W1 to W9 (W1): Parley beside its peers on this machine; report <files…>: docs/performance.md from raw files. bench/README.md explains all.',
    words: ['workload'],
    options: {
      runs: { ...text, value: '<n>', whole: [1, 20], help: 'rounds, the systems alternating (1)' },
      quick: { ...off, help: 'a smoke check of less than a minute; its figures say little' },
      only: {
        ...text,
        value: '<name>',
        help: 'one system: parley, socket.io; W1 also nats, mosquitto, centrifugo; beyond it several, with commas: parley, parley-one, socket.io-insert, socket.io-memory, socket.io-streams, ws, random-10',
      },
      sockets: {
        ...text,
        value: '<n>',
        whole: [10, 20_000],
        help: 'W1: in the room (1000; quick 200); W5 to W8: connections (2000, W5r and W6 10000, W7 5000, W8 1000; fewer with quick)',
      },
      bytes: { ...text, value: '<n>', whole: [40, 8_192], help: 'of text in each message (128; W4 200)' },
      out: { ...text, value: '<file>', help: 'everything measured, as JSON' },
      prefer: { ...off, help: 'W1: before whatever else the machine does (as root, on Linux)' },
      peers: { ...off, help: 'W1: also nats, mosquitto and centrifugo, where their programs are on PATH' },
      node: { ...off, help: 'W1: the generator in Node though there is a C compiler' },
      profile: {
        ...text,
        value: '<dir>',
        help: 'V8 profiles of the processes of Parley, written into this folder at their end',
      },
    },
  });

type Values = ReturnType<typeof read>['values'];

/** Of W1, and of W1b, where Parley carries the best rate of Socket.IO instead of finding its own. */
export interface BenchOptions {
  readonly workload: 'W1' | 'W1b';
  readonly quick: boolean;
  readonly runs: number;
  readonly systems: readonly SystemName[];
  readonly sockets: number;
  /** How many of them measure latencies. */
  readonly sampled: number;
  readonly payloadBytes: number;
  readonly plans: Readonly<Record<SystemName, Plan>>;
  readonly out: string | undefined;
  readonly prefer: boolean;
  readonly node: boolean;
  readonly profileFolder: string | undefined;
}

/** Rates in messages a second; what is offered is that times the sockets. */
const full = { attempts: 2, factor: 1.4, stepsMax: 22, pace: { warmUpMs: 1_000, measureMs: 5_000 } };
const quick = { attempts: 1, factor: 2.5, stepsMax: 6, pace: { warmUpMs: 300, measureMs: 1_200 } };

const profileFolderOf = ({ profile }: Values): string | undefined =>
  profile === undefined ? undefined : resolve(profile);

const hotRoomOptions = (values: Values, workload: BenchOptions['workload']): BenchOptions => {
  const pair: readonly SystemName[] = ['socket.io', 'parley'];
  const known: readonly SystemName[] = workload === 'W1' ? [...pair, ...fanOutServers] : pair;
  const asked = values.peers ? known : pair;
  const systems = values.only === undefined ? asked : known.filter((name) => name === values.only);
  if (systems.length === 0) end(1, `--only needs ${known.join(' or ')}.`);
  if (workload === 'W1b' && systems.length === 1) end(1, 'W1b compares two systems: it has no --only.');
  const sockets = values.sockets ?? (values.quick ? 200 : 1_000);
  const plan = values.quick ? quick : full;
  // Below Socket.IO's limit and about at it, so that both are seen at one rate; a smaller room takes more messages.
  const rateFor = (deliveries: number): number => Math.max(1, Math.round(deliveries / sockets));
  return {
    workload,
    quick: values.quick,
    runs: values.runs ?? 1,
    systems,
    sockets,
    sampled: 10,
    payloadBytes: values.bytes ?? 128,
    plans: {
      'socket.io': { ...plan, firstRate: rateFor(20_000) },
      parley: { ...plan, firstRate: rateFor(50_000) },
      nats: { ...plan, firstRate: rateFor(50_000) },
      mosquitto: { ...plan, firstRate: rateFor(20_000) },
      centrifugo: { ...plan, firstRate: rateFor(20_000) },
    },
    out: values.out,
    prefer: values.prefer,
    node: values.node,
    profileFolder: profileFolderOf(values),
  };
};

const runOptions = (values: Values, name: WorkloadName): RunOptions => {
  const known = comparedIn[name];
  const wanted = values.only?.split(',');
  const systems = wanted === undefined ? known : known.filter((each) => wanted.includes(each));
  if (systems.length < (wanted?.length ?? 1)) end(1, `--only needs some of ${known.join(', ')} with ${name}.`);
  return { ...values, runs: values.runs ?? 1, systems, profileFolder: profileFolderOf(values) };
};

type Chosen =
  | { readonly kind: 'hot room'; readonly options: BenchOptions }
  | { readonly kind: 'others'; readonly name: WorkloadName; readonly options: RunOptions };

const isWorkload = (name: string): name is WorkloadName => Object.hasOwn(comparedIn, name);

const choose = (): Chosen => {
  const { values, positionals } = read();
  const name = positionals[0] ?? 'W1';
  if (name === 'W1' || name === 'W1b') return { kind: 'hot room', options: hotRoomOptions(values, name) };
  if (isWorkload(name)) return { kind: 'others', name, options: runOptions(values, name) };
  return end(
    1,
    `${unknownName('workload', name, ['W1', 'W1b', ...Object.keys(comparedIn)])} (--help lists what there is).`,
  );
};

/** Read from the command line; this module ends the process when that asks for help or is wrong. */
export const chosen = choose();
