import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startRedis } from '@parley/testing';
import { startModule } from '../child.js';
import { socketIoWire } from '../load/socket-io-wire.js';
import { onEnd } from '../systems/on-end.js';
import { requireFsync } from './require-fsync.js';
import type { Target } from './target.js';

/** A PostgreSQL that runs, in which the peer has a database of its own. */
export interface PeerDatabase {
  readonly url: string;
  readonly pid: number;
}

/** One Socket.IO server and a Redis of its own. `database` null: messages are kept nowhere. */
export const startSocketIoTarget = async (
  database: PeerDatabase | null,
  environment: Readonly<Record<string, string>>,
): Promise<Target> => {
  const end = onEnd();
  try {
    const redis = await startRedis();
    end.add(() => redis.stop());
    const databaseUrl = database ? await createDatabase(database.url) : '';
    const words = [redis.url, databaseUrl];
    const server = startModule('Socket.IO', './targets/socket-io-chat-server.js', words, {
      NODE_ENV: 'production',
      ...environment,
    });
    end.add(() => server.stop());
    const { port } = await server.ask<{ readonly port: number }>();
    const processes = new Map([
      ['server', server.pid],
      ['redis', redis.pid],
    ]);
    if (database) processes.set('postgres', database.pid);
    return {
      name: database ? 'socket.io-insert' : 'socket.io-memory',
      url: `ws://127.0.0.1:${port}`,
      wire: socketIoWire,
      processes,
      edge: server.pid,
      seat: async ({ clients, members }) => ({
        headers: Array.from({ length: clients }, () => ({})),
        members,
        channelIds: members.map((_, index) => `room-${index}`),
        joins: true,
      }),
      stored: async () => (database ? countOf(databaseUrl) : null),
      stop: end.now,
    };
  } catch (error) {
    await end.now();
    throw error;
  }
};

const createDatabase = async (serverUrl: string): Promise<string> => {
  const name = `peer_${randomBytes(4).toString('hex')}`;
  await withClient(serverUrl, async (client) => {
    await requireFsync(client);
    await client.query(`create database ${name}`);
  });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
};

const countOf = async (url: string): Promise<number> => {
  const { rows } = await withClient(url, (client) => client.query<{ count: string }>('select count(*) from messages'));
  return Number(rows[0]?.count);
};

const withClient = async <Result>(url: string, use: (client: pg.Client) => Promise<Result>): Promise<Result> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
};
