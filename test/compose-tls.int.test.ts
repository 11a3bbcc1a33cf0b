// NATS and Redis with the files of compose.tls.yml and real servers, spoken to as the services do.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connectNats, natsPasswordsFile } from '@parley/bus';
import { busUserNames } from '@parley/contracts';
import { type Certificates, makeCertificates, startNatsWithConfig, startRedisWithConfig } from '@parley/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';

let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates();
});
afterAll(() => certificates.remove());

/** A file of deploy/compose, with the paths that its container has replaced by those of here. */
const ofCompose = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../deploy/compose/${file}`, import.meta.url)), 'utf8').replaceAll(
    '/run/parley/tls',
    certificates.folder,
  );

test('NATS takes its users over TLS, with a client certificate of the same authority', async () => {
  const passwords = Object.fromEntries(busUserNames.map((user) => [user, `of-${user}`]));
  const nats = await startNatsWithConfig('nats-tls.conf', {
    'nats-tls.conf': ofCompose('nats-tls.conf'),
    'nats.conf': ofCompose('nats.conf').replace(/^http: .*$/m, ''),
    'nats-users.conf': ofCompose('nats-users.conf').replace('../../run/parley/bus/', ''),
    'passwords.conf': natsPasswordsFile(passwords),
  });
  const log = { warn: () => undefined, error: () => undefined };
  try {
    const servers = `nats://chat:of-chat@127.0.0.1:${nats.port}`;
    const bus = await connectNats({ servers, name: 'chat', log, tls: certificates.client });
    expect(bus.connected).toBe(true);
    await bus.drain();
    expect(await greeting(nats.port)).toMatchObject({ tls_required: true, tls_verify: true });
  } finally {
    await nats.stop();
  }
});

/** What NATS says to whoever connects, before TLS. */
const greeting = (port: number): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(JSON.parse(data.toString().replace(/^INFO /, '')));
    });
  });

test('Redis answers over TLS, to a client certificate of the same authority', async () => {
  const files = Object.fromEntries(
    ['redis.conf', 'redis-tls.conf'].map((file) => [
      file,
      ofCompose(file).replace('/etc/parley/', '').replace('/run/parley/redis/', ''),
    ]),
  );
  const redis = await startRedisWithConfig('redis-tls.conf', { ...files, 'password.conf': 'requirepass secret\n' });
  try {
    await answers(redis.port);
    await expect(answers(redis.port, false)).rejects.toThrow();
  } finally {
    await redis.stop();
  }
});

const answers = async (port: number, withCertificate = true): Promise<void> => {
  const { caFile, certFile, keyFile } = certificates.client;
  const tls = {
    ca: readFileSync(caFile),
    ...(withCertificate && { cert: readFileSync(certFile), key: readFileSync(keyFile) }),
  };
  const client = new Redis(`rediss://:secret@127.0.0.1:${port}`, { tls, lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    expect(await client.ping()).toBe('PONG');
  } finally {
    client.disconnect();
  }
};
