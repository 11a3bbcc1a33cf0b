// Presence in a Redis Cluster: a key that a script uses and does not declare, or one of another slot, is refused there.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createLog } from '@parley/runtime';
import { eventually, freePort, runServer, type RunningServer, serverBinaries } from '@parley/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createThrottle } from '../limits/throttle.js';
import { connectRedis, type SharedRedis } from '../redis.js';
import { device, listOf, presenceCases, somebody } from './presence.suite.js';
import { presenceInRedis } from './presence.redis.js';

const log = createLog({ service: 'test', level: 'silent' });
let server: RunningServer;
let redis: SharedRedis;

const withNode = async <T>(port: number, work: (node: Redis) => Promise<T>): Promise<T> => {
  const node = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
  node.on('error', () => undefined);
  try {
    await node.connect();
    return await work(node);
  } finally {
    node.disconnect();
  }
};

beforeAll(async () => {
  const { redis: binary } = await serverBinaries();
  const clusterPort = String(await freePort());
  server = await runServer({
    ...{ name: 'redis-cluster', binary, stopSignal: 'SIGTERM' },
    url: (port) => `redis+cluster://127.0.0.1:${port}`,
    arguments: (folder, port) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', join(folder, 'data')],
      ...['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-port', clusterPort],
    ],
    probe: (port) => withNode(port, async (node) => void (await node.ping())),
  });
  // One node with every slot is a cluster.
  await withNode(server.port, (node) => node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383'));
  await eventually(async () => {
    expect(await withNode(server.port, (node) => node.call('CLUSTER', 'INFO'))).toContain('cluster_state:ok');
  });
  redis = connectRedis(server.url, log);
  await eventually(() => expect(redis.status).toBe('ready'));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

describe('presence in a cluster', () => {
  presenceCases(() => presenceInRedis(redis, log));

  test('what one gateway holds, another knows', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const realm = `r${randomUUID().slice(0, 8)}`;
    const [alice, bob, phone] = [somebody('Alice'), somebody('Bob'), device(1, 'phone')];
    await one.enter(realm, alice);
    await other.enter(realm, bob);
    await other.enter(realm, phone);
    expect(await one.online(realm, [alice.id, bob.id])).toEqual(new Set([alice.id, bob.id]));
    expect(await one.oldestWithHandle(realm, phone.handle)).toBe(phone.id);
    expect(await listOf(one, realm)).toHaveLength(3);
    await Promise.all([one.stop(), other.stop()]);
  });
});

test('failed sign-ins are counted in a cluster', async () => {
  const throttle = createThrottle(redis, { registrationsPerAddress: 1 });
  const other = createThrottle(redis, { registrationsPerAddress: 1 });
  const address = '198.51.100.7';
  await throttle.admitRegistration(address);
  await expect(other.admitRegistration(address)).rejects.toMatchObject({ code: 'rate_limited' });
});
