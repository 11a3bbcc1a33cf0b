import { startRedis } from '@parley/testing';
import { startModule } from '../child.js';
import { socketIoWire } from '../load/socket-io-wire.js';
import { onEnd } from '../systems/on-end.js';
import { countMessages, createDatabase, type PeerDatabase } from './peer-database.js';
import type { Target } from './target.js';

/** The Redis adapter, and its messages nowhere or each in a row; or the streams adapter, whose clients can recover what they missed. */
export type SocketIoForm =
  | { readonly name: 'socket.io-memory' | 'socket.io-streams' }
  | { readonly name: 'socket.io-insert'; readonly database: PeerDatabase };

/** So many Socket.IO servers on a Redis of their own. */
export const startSocketIoTarget = async (
  form: SocketIoForm,
  environment: Readonly<Record<string, string>>,
  edges = 1,
): Promise<Target> => {
  const end = onEnd();
  try {
    const redis = await startRedis();
    end.add(() => redis.stop());
    const databaseUrl = 'database' in form ? await createDatabase(form.database.url) : '';
    const words = [redis.url, form.name === 'socket.io-streams' ? 'streams' : 'pubsub', databaseUrl];
    // The option of Node that `npm start` gives to Parley.
    const variables = { NODE_ENV: 'production', NODE_OPTIONS: '--max-semi-space-size=32', ...environment };
    const servers = Array.from({ length: edges }, () =>
      startModule('Socket.IO', './targets/socket-io-chat-server.js', words, variables),
    );
    for (const server of servers) end.add(() => server.stop());
    const urls: string[] = [];
    for (const server of servers) urls.push(`ws://127.0.0.1:${(await server.ask<{ readonly port: number }>()).port}`);
    const [server] = servers;
    const [url = '', otherUrl = null] = urls;
    if (server === undefined) throw new Error('A target has at least one server');
    const processes = new Map(servers.map(({ pid }, index) => [index === 0 ? 'server' : `server ${index + 1}`, pid]));
    processes.set('redis', redis.pid);
    if ('database' in form) processes.set('postgres', form.database.pid);
    return {
      name: form.name,
      url,
      otherUrl,
      wire: socketIoWire,
      processes,
      edge: server.pid,
      killEdge: () => server.stop(),
      seat: async ({ clients, members }) => ({
        headers: Array.from({ length: clients }, () => ({})),
        members,
        channelIds: members.map((_, index) => `room-${index}`),
        joins: true,
      }),
      stored: async () => (databaseUrl ? countMessages(databaseUrl) : null),
      stop: end.now,
    };
  } catch (error) {
    await end.now();
    throw error;
  }
};
