// Everything that one workload compares, side by side; what does not carry a load is idle.
import { startPostgres, startStack } from '@parley/testing';
import { onEnd } from '../systems/on-end.js';
import { parleyEnvironment, parleyTarget } from './parley-target.js';
import { type PeerDatabase, startSocketIoTarget } from './socket-io-target.js';
import type { Target, TargetName } from './target.js';
import { startWsTarget } from './ws-target.js';

export interface Targets {
  readonly all: readonly Target[];
  stop(): Promise<void>;
}

/** `environment`: of all their processes. PostgreSQL is one server for all, with fsync. */
export const startTargets = async (
  names: readonly TargetName[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Targets> => {
  const end = onEnd();
  const all: Target[] = [];
  const add = (target: Target): void => {
    all.push(target);
    end.add(() => target.stop());
  };
  try {
    let database: PeerDatabase | null = null;
    if (names.includes('parley')) {
      const stack = await startStack({ environment: { ...parleyEnvironment, ...environment }, fsync: true });
      end.add(() => stack.stop());
      add(await parleyTarget(stack));
      if (stack.postgres) database = { url: stack.databaseUrl, pid: stack.postgres.pid };
    }
    if (names.includes('socket.io-insert')) {
      if (database === null) {
        const postgres = await startPostgres(undefined, true);
        end.add(() => postgres.stop());
        database = { url: postgres.url, pid: postgres.pid };
      }
      add(await startSocketIoTarget(database, environment));
    }
    if (names.includes('socket.io-memory')) add(await startSocketIoTarget(null, environment));
    if (names.includes('ws')) add(await startWsTarget(environment));
    return { all, stop: end.now };
  } catch (error) {
    await end.now();
    throw error;
  }
};
