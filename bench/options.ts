import { resolve } from 'node:path';
import { end, readCommandLine } from '@parley/scripts/command-line';
import type { Plan, SystemName } from './system.js';

const text = { type: 'string' } as const;
const off = { type: 'boolean', default: false } as const;

const read = () =>
  readCommandLine({
    command: 'npm run bench --',
    about: 'W1, the hot room: Parley beside Socket.IO on this machine. bench/README.md explains the figures.',
    options: {
      runs: { ...text, value: '<n>', whole: [1, 20], help: 'rounds, the two systems alternating (1)' },
      quick: { ...off, help: 'a smoke check of half a minute; its figures say little' },
      only: { ...text, value: '<name>', help: 'parley or socket.io' },
      sockets: { ...text, value: '<n>', whole: [10, 20_000], help: 'in the room (1000; quick 200)' },
      bytes: { ...text, value: '<n>', whole: [40, 8_192], help: 'of text in each message (128)' },
      out: { ...text, value: '<file>', help: 'everything measured, as JSON' },
      prefer: { ...off, help: 'before whatever else the machine does (as root, on Linux)' },
      node: { ...off, help: 'the generator in Node though there is a C compiler' },
      profile: {
        ...text,
        value: '<dir>',
        help: "a V8 profile of Parley's gateway, written into this folder at its end",
      },
    },
  }).values;

export interface BenchOptions {
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
const full = { attempts: 2, factor: 1.4, stepsMax: 20, pace: { warmUpMs: 1_000, measureMs: 5_000 } };
const quick = { attempts: 1, factor: 2.5, stepsMax: 6, pace: { warmUpMs: 300, measureMs: 1_200 } };

const readOptions = (): BenchOptions => {
  const values = read();
  const known: readonly SystemName[] = ['socket.io', 'parley'];
  const systems = values.only === undefined ? known : known.filter((name) => name === values.only);
  if (systems.length === 0) end(1, `--only needs ${known.join(' or ')}.`);
  const sockets = values.sockets ?? (values.quick ? 200 : 1_000);
  const plan = values.quick ? quick : full;
  // Below Socket.IO's limit and about at it, so that both are seen at one rate; a smaller room takes more messages.
  const rateFor = (deliveries: number): number => Math.max(1, Math.round(deliveries / sockets));
  return {
    runs: values.runs ?? 1,
    systems,
    sockets,
    sampled: 10,
    payloadBytes: values.bytes ?? 128,
    plans: {
      'socket.io': { ...plan, firstRate: rateFor(20_000) },
      parley: { ...plan, firstRate: rateFor(50_000) },
    },
    out: values.out,
    prefer: values.prefer,
    node: values.node,
    profileFolder: values.profile === undefined ? undefined : resolve(values.profile),
  };
};

/** Read from the command line; this module ends the process when that asks for help or is wrong. */
export const options = readOptions();
