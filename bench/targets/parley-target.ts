// All of Parley as separate processes. Accounts and channels are made over its bus, where no password has to be hashed; the clients then
// come by the v1 wire as any other.
import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import pg from 'pg';
import { type Bus, connectNats } from '@parley/bus';
import {
  auth,
  topics,
  type AccountPrincipal,
  SessionId,
  type Topics,
  type Client as BusClient,
} from '@parley/contracts';
import type { Stack } from '@parley/testing';
import { v1Wire } from '../load/v1-wire.js';
import { openParleyLeases } from './parley-leases.js';
import { requireFsync } from './require-fsync.js';
import type { Population, Seating, Target } from './target.js';

const atOnce = 16;
const realm = 'main';
const dialect = 'v1';

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

interface Seated {
  readonly principal: AccountPrincipal;
  readonly token: string;
}

/** Of a stack that runs; the caller stops that. */
export const parleyTarget = async (stack: Stack): Promise<Target> => {
  const [url, otherUrl] = stack.urls;
  const gateway = stack.processes.get('gateway-1');
  if (url === undefined || gateway === undefined) throw new Error('The stack has no gateway');
  const log = { warn: () => undefined, error: (_: object, message: string) => console.error(message) };
  const bus = await connectNats({ servers: stack.nats.url, name: 'bench', log });
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
      const accounts = await pMap(Array(holders).keys(), (index) => signUp(bus, index), { concurrency: atOnce });
      return openParleyLeases(
        bus,
        accounts.map(({ principal }) => principal),
      );
    },
    seat: (population) => seat(bus, population),
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

const seat = async (bus: Bus, { clients, kind, members }: Population): Promise<Seating> => {
  const accounts = await pMap(Array(clients).keys(), (index) => signUp(bus, index), { concurrency: atOnce });
  const at = (index = 0): Seated => accounts[index] ?? fail();
  const { channel } = bus.client(topics);
  const create = (clientsOfIt: readonly number[], index: number) =>
    createChannel(
      channel,
      kind,
      clientsOfIt.map(at).map(({ principal }) => principal),
      `bench ${index}`,
    );
  return {
    headers: accounts.map(({ token }) => ({ Authorization: `Bearer ${token}` })),
    members,
    channelIds: await pMap(members, create, { concurrency: atOnce }),
    // The inbox brings direct messages.
    joins: kind !== 'direct',
  };
};

const signUp = async (bus: Bus, index: number): Promise<Seated> => {
  const { account, token } = bus.client(auth);
  const anonymous = { kind: 'anonymous', realm, dialect } as const;
  // As a gateway does for a client that it has authenticated by other means.
  const gateway = { kind: 'system', realm, service: 'gateway' } as const;
  const made = await account.register(
    { kind: 'device', handle: randomUUID(), name: `client ${index}` },
    { principal: anonymous },
  );
  const grant = await token.issue({ accountId: made.id, dialect }, { principal: gateway });
  const { id, number, handle, name } = made;
  const sessionId = SessionId.parse(grant.sessionId);
  return {
    principal: { kind: 'account', realm: made.realm, dialect, accountId: id, number, handle, name, sessionId },
    token: grant.accessToken,
  };
};

const createChannel = async (
  channel: BusClient<Topics>['channel'],
  kind: Population['kind'],
  [owner = fail(), ...others]: readonly AccountPrincipal[],
  title: string,
): Promise<string> => {
  const memberIds = others.map(({ accountId }) => accountId);
  const made =
    kind === 'direct'
      ? await channel.openDirect({ with: memberIds[0] ?? fail() }, { principal: owner })
      : await channel.create({ kind, title, memberIds: kind === 'group' ? memberIds : [] }, { principal: owner });
  return made.id;
};

const fail = (): never => {
  throw new Error('A population names clients from 0 to its number');
};
