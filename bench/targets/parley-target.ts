// All of Parley as separate processes. Accounts and channels are made over its bus; the clients then come by the v1 wire as any other.
import pg from 'pg';
import { connectNats } from '@parley/bus';
import type { Stack } from '@parley/testing';
import { v1Wire } from '../load/v1-wire.js';
import { seatOverBus, signUpMany } from './parley-accounts.js';
import { openParleyLeases } from './parley-leases.js';
import { requireFsync } from './require-fsync.js';
import type { Target } from './target.js';

/** Tokens outlive the longest run, and no client is slowed by its budget: the peers have none. */
export const parleyEnvironment = {
  NODE_ENV: 'production',
  PARLEY_ACCESS_MINUTES_V1: '240',
  PARLEY_DRAIN_MS: '500',
  PARLEY_FRAMES_PER_SECOND: '100000',
  PARLEY_FRAMES_BURST: '100000',
  PARLEY_ACCOUNT_REQUESTS_PER_SECOND: '1000000',
  PARLEY_ACCOUNT_REQUESTS_BURST: '1000000',
} as const;

/** Of the bench's own connection to the bus. */
export const errorsOnly = { warn: () => undefined, error: (_: object, message: string) => console.error(message) };

/** Of a stack that runs; the caller stops that. */
export const parleyTarget = async (stack: Stack): Promise<Target> => {
  const [url, otherUrl] = stack.urls;
  const gateway = stack.processes.get('gateway-1');
  if (url === undefined || gateway === undefined) throw new Error('The stack has no gateway');
  const bus = await connectNats({ servers: stack.nats.url, name: 'bench', log: errorsOnly });
  const database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
  await requireFsync(database);
  const processes = new Map([...stack.processes].map(([name, { pid }]) => [name.replace(/-1$/, ''), pid]));
  processes.set('nats', stack.nats.pid).set('redis', stack.redis.pid);
  if (stack.postgres) processes.set('postgres', stack.postgres.pid);
  return {
    name: 'parley',
    url: url.replace('http:', 'ws:'),
    otherUrl: otherUrl?.replace('http:', 'ws:') ?? null,
    wire: v1Wire,
    processes,
    edge: gateway.pid,
    killEdge: () => gateway.kill('SIGKILL'),
    openLeases: async (holders) => {
      const accounts = await signUpMany(bus, holders);
      return openParleyLeases(
        bus,
        accounts.map(({ principal }) => principal),
      );
    },
    seat: (population) => seatOverBus(bus, population),
    stored: async () => {
      const { rows } = await database.query<{ count: string }>('select count(*) from chat.entries');
      return Number(rows[0]?.count);
    },
    stop: async () => {
      await database.end();
      await bus.drain();
    },
  };
};
