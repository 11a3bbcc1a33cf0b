import { startRedis } from '@parley/testing';
import { startModule } from '../child.js';
import type { System } from '../system.js';
import { onEnd } from './on-end.js';

/** One Socket.IO server, a Redis of its own, and a second server that publishes. */
export const startSocketIo = async ({ payloadBytes }: { readonly payloadBytes: number }): Promise<System> => {
  const end = onEnd();
  try {
    const redis = await startRedis();
    end.add(() => redis.stop());
    const server = startModule('Socket.IO', './systems/socket-io-server.js', [redis.url], { NODE_ENV: 'production' });
    end.add(() => server.stop());
    const { port } = await server.ask<{ readonly port: number }>();
    const publisher = startModule('the publisher', './systems/socket-io-publisher.js', [
      redis.url,
      String(payloadBytes),
    ]);
    end.add(() => publisher.stop());
    await publisher.ask();
    const endpoint = { port, path: '/socket.io/?EIO=4&transport=websocket', hello: '40', ready: '40{', headers: [] };
    const pids = [server.pid, publisher.pid, redis.pid];
    return { name: 'socket.io', pid: server.pid, pids, endpoint, publisher, stop: end.now };
  } catch (error) {
    await end.now();
    throw error;
  }
};
