// A Redis with one replica, watched by three Sentinels.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningServer, runServer, serverBinaries } from '@parley/testing';
import { Redis } from 'ioredis';

export interface WatchedRedis {
  readonly master: RunningServer;
  readonly all: readonly RunningServer[];
  /** A REDIS_URL with the Sentinels. */
  readonly url: string;
  /** The port of the present master, as a Sentinel says. */
  masterPort(): Promise<number>;
}

const masterName = 'parley';

/** Runs one command and closes the connection. */
const ask = async (port: number, ...words: [string, ...string[]]): Promise<unknown> => {
  const redis = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await redis.call(...words);
  } finally {
    redis.disconnect();
  }
};

const startServer = async (name: string, configOf: (folder: string) => string, words: readonly string[] = []) => {
  const { redis: binary } = await serverBinaries();
  return runServer({
    ...{ name, binary, stopSignal: 'SIGTERM' },
    url: (port) => `redis://127.0.0.1:${port}`,
    prepare: (folder) =>
      Promise.resolve(
        writeFileSync(join(folder, 'redis.conf'), `bind 127.0.0.1\ndir ${join(folder, 'data')}\n${configOf(folder)}`),
      ),
    arguments: (folder, port) => [join(folder, 'redis.conf'), '--port', String(port), ...words],
    probe: async (port) => void (await ask(port, 'PING')),
  });
};

export const startWatchedRedis = async (): Promise<WatchedRedis> => {
  const plain = 'save ""\nappendonly no\n';
  const master = await startServer('redis-master', () => plain);
  const replica = await startServer('redis-replica', () => `${plain}replicaof 127.0.0.1 ${master.port}\n`);
  const watch = `sentinel monitor ${masterName} 127.0.0.1 ${master.port} 2
sentinel down-after-milliseconds ${masterName} 2000
sentinel failover-timeout ${masterName} 10000
`;
  const sentinels = await Promise.all(
    ['a', 'b', 'c'].map((each) => startServer(`sentinel-${each}`, () => watch, ['--sentinel'])),
  );
  const [first] = sentinels;
  const askFirst = (...words: [string, ...string[]]): Promise<unknown> => ask(first?.port ?? 0, ...words);
  // A failover needs Sentinels that know each other and the replica.
  for (;;) {
    const [replicas, others] = [
      await askFirst('SENTINEL', 'replicas', masterName),
      await askFirst('SENTINEL', 'sentinels', masterName),
    ];
    if ((replicas as unknown[]).length === 1 && (others as unknown[]).length === 2) break;
    await sleep(200);
  }
  return {
    master,
    all: [master, replica, ...sentinels],
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${masterName}`,
    masterPort: async () =>
      Number(((await askFirst('SENTINEL', 'get-master-addr-by-name', masterName)) as string[])[1]),
  };
};
