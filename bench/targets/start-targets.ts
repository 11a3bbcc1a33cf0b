// Everything that one workload compares, side by side; what does not carry a load is idle.
import { startPostgres, startStack } from '@parley/testing';
import { onEnd } from '../systems/on-end.js';
import { startParleyOne } from './parley-one-target.js';
import { parleyEnvironment, parleyTarget } from './parley-target.js';
import type { PeerDatabase } from './peer-database.js';
import { randomAddresses } from './random-addresses.js';
import { startSocketIoTarget } from './socket-io-target.js';
import type { Target, TargetName } from './target.js';
import { startWsTarget } from './ws-target.js';

export interface Targets {
  readonly all: readonly Target[];
  stop(): Promise<void>;
}

export interface TargetsOptions {
  /** Of all their processes. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How many processes of each hold connections. Default: 1. */
  readonly edges?: number;
}

/** PostgreSQL is one server for all, with fsync. */
export const startTargets = async (
  names: readonly TargetName[],
  { environment = {}, edges = 1 }: TargetsOptions = {},
): Promise<Targets> => {
  const end = onEnd();
  const all: Target[] = [];
  const add = (target: Target): void => {
    all.push(target);
    end.add(() => target.stop());
  };
  let started: PeerDatabase | null = null;
  const database = async (): Promise<PeerDatabase> => {
    if (started !== null) return started;
    const postgres = await startPostgres(undefined, true);
    end.add(() => postgres.stop());
    return (started = { url: postgres.url, pid: postgres.pid });
  };
  const starts: Readonly<Record<TargetName, () => Promise<Target>>> = {
    parley: async () => {
      const variables = { ...parleyEnvironment, ...environment };
      const stack = await startStack({ environment: variables, fsync: true, scale: { gateway: edges } });
      end.add(() => stack.stop());
      if (stack.postgres) started = { url: stack.databaseUrl, pid: stack.postgres.pid };
      return parleyTarget(stack);
    },
    'parley-one': async () => startParleyOne(await database(), environment),
    'socket.io-insert': async () =>
      startSocketIoTarget({ name: 'socket.io-insert', database: await database() }, environment, edges),
    'socket.io-memory': () => startSocketIoTarget({ name: 'socket.io-memory' }, environment, edges),
    'socket.io-streams': () => startSocketIoTarget({ name: 'socket.io-streams' }, environment, edges),
    ws: () => startWsTarget(environment),
    'random-10': async () => randomAddresses(await database()),
  };
  try {
    for (const name of names) add(await starts[name]());
    return { all, stop: end.now };
  } catch (error) {
    await end.now();
    throw error;
  }
};
