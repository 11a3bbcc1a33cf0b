import { type Certificates, eventually, makeCertificates, startRedis } from '@parley/testing';
import { createLog } from '@parley/runtime';
import { copyFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connectRedis, type SharedRedis } from './redis.js';

let ours: Certificates;
let foreign: Certificates;
let redis: Awaited<ReturnType<typeof startRedis>>;
const clients: SharedRedis[] = [];

beforeAll(async () => {
  ours = makeCertificates();
  foreign = makeCertificates();
  redis = await startRedis({ ...ours.redis, verifyClients: true });
});
afterAll(async () => {
  await redis.stop();
  ours.remove();
  foreign.remove();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

const open = (tls: Parameters<typeof connectRedis>[2], url = redis.url) => {
  const lines: { msg: string; reason?: string }[] = [];
  const log = createLog({
    service: 'gateway',
    level: 'info',
    destination: { write: (line: string) => void lines.push(JSON.parse(line)) },
  });
  const client = connectRedis(url, log, tls);
  clients.push(client);
  return { client, lines };
};

test('a client that trusts the server and is trusted by it connects, also where the URL does not ask for TLS', async () => {
  for (const url of [redis.url, redis.url.replace('rediss:', 'redis:')]) {
    const { client, lines } = open({ ...ours.client }, url);
    await eventually(async () => expect(await client.ping()).toBe('PONG'));
    expect(lines).toEqual([]);
  }
});

test('a certificate of another authority is refused, logged once, and tried again until it is mended', async () => {
  const mine = makeCertificates();
  copyFileSync(ours.client.certFile, mine.client.certFile);
  copyFileSync(ours.client.keyFile, mine.client.keyFile);
  const { client, lines } = open(mine.client);
  let attempts = 0;
  client.on('reconnecting', () => (attempts += 1));
  await eventually(() => expect(attempts).toBeGreaterThanOrEqual(3), { withinMs: 20_000 });
  expect(lines.map(({ msg }) => msg)).toEqual([expect.stringMatching(/^Waiting for Redis/)]);
  expect(lines[0]?.reason).toMatch(/certificate/);

  copyFileSync(ours.client.caFile, mine.client.caFile);
  await eventually(async () => expect(await client.ping()).toBe('PONG'), { withinMs: 20_000 });
  mine.remove();
});

test('a server that is shown no client certificate, or one of another authority, is not used', async () => {
  const { caFile } = ours.client;
  for (const tls of [{ caFile }, { ...foreign.client, caFile }]) {
    const { client, lines } = open(tls);
    await eventually(() => expect(lines).toHaveLength(1), { withinMs: 20_000 });
    await expect(client.ping()).rejects.toThrow();
  }
});
