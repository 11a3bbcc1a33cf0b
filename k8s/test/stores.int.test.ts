// Real servers with the configuration and the Secrets of the chart, laid out as their pods have them.
import { readFileSync } from 'node:fs';
import { type Bus, type BusCounts, NatsConnectError, connectNats } from '@parley/bus';
import { type BusUserName, busUserNames } from '@parley/contracts';
import {
  type Certificate,
  type Certificates,
  makeCertificates,
  freePort,
  startNatsWithConfig,
  startRedisWithConfig,
} from '@parley/testing';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { configOf, render, secretBeforeBusUsers, secretOf } from './rendered.js';
import type { Rendered } from './rendered.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

const silent = { warn: () => undefined, error: () => undefined };

/** Paths of a pod are those below the folder in which a server runs here. */
const here = (text: string): string => text.replaceAll('/etc/parley/', '');

/** What cert-manager writes into a Secret, as the files of a pod that mounts it. */
const tlsSecret = ({ caFile, certFile, keyFile }: Certificate): Record<string, string> => ({
  'tls/ca.crt': readFileSync(caFile, 'utf8'),
  'tls/tls.crt': readFileSync(certFile, 'utf8'),
  'tls/tls.key': readFileSync(keyFile, 'utf8'),
});

/** Starts it; connects with the URL of a key of the Secret, but where the server is here. */
const startNatsOf = async (objects: readonly Rendered[], certificates?: Certificates) => {
  const secret = secretOf(objects);
  const monitor = String(await freePort());
  const config = Object.entries(configOf(objects, 'nats')).map(([name, text]) => [
    `config/${name}`,
    here(text).replace('0.0.0.0:8222', `127.0.0.1:${monitor}`),
  ]);
  const server = await startNatsWithConfig('config/nats.conf', {
    ...Object.fromEntries(config),
    'secret/nats-passwords.conf': secret['nats-passwords.conf'] ?? '',
    ...(certificates && tlsSecret(certificates.nats)),
  });
  undo.push(() => server.stop());
  // As the probes of the pod ask.
  expect((await fetch(`http://127.0.0.1:${monitor}/healthz`)).status).toBe(200);
  return async (
    key: string,
    name: string,
    tls?: Partial<Certificate>,
  ): Promise<Bus & { readonly counts: BusCounts }> => {
    const url = new URL(secret[key] ?? '');
    url.host = `127.0.0.1:${server.port}`;
    const bus = await connectNats({ servers: url.href, name, log: silent, tls });
    undo.push(() => bus.drain());
    return bus;
  };
};

const listens = async (bus: Bus, subject: string): Promise<boolean> =>
  bus
    .listen(subject, z.object({}), () => undefined)
    .then(
      () => true,
      () => false,
    );

test('each service connects as its own user and is held to its permissions', async () => {
  const connect = await startNatsOf(render());
  const id = '00000000-0000-4000-8000-000000000000';
  const owners: BusUserName[] = [];
  for (const user of busUserNames) {
    const bus = await connect(`NATS_URL_${user.toUpperCase().replaceAll('-', '_')}`, user);
    expect(await listens(bus, '>'), user).toBe(false);
    const deniedBefore = bus.counts.denied;
    bus.publish({ name: 'account.deleted' }, [{ kind: 'account', id }]);
    // A round trip: what the server refused has come back before it.
    await listens(bus, `_INBOX.${user}.x`);
    await new Promise(setImmediate);
    if (bus.counts.denied === deniedBefore) owners.push(user);
  }
  expect(owners).toEqual(['auth']);
});

test('the user of the release before can do everything during the first upgrade, beside the new ones', async () => {
  const connect = await startNatsOf(render({ stored: secretBeforeBusUsers }));
  expect(await listens(await connect('NATS_URL', 'chat'), '>')).toBe(true);
  expect(await listens(await connect('NATS_URL_CHAT', 'chat'), '>')).toBe(false);
  expect(await listens(await connect('NATS_URL_CHAT', 'chat'), 'evt.member.added.channel.*')).toBe(true);
});

const withTls = (verifyClients: boolean) =>
  ['nats', 'redis'].flatMap((store) => [
    `${store}.tls={"secret":"server-tls","verifyClients":${verifyClients}}`,
    `global.stores.${store}.tls={"caSecret":"server-tls","clientSecret":"client-tls"}`,
  ]);

const certificatesOf = (): Certificates => {
  const certificates = makeCertificates();
  undo.push(certificates.remove);
  return certificates;
};

test.each([true, false])(
  'NATS serves TLS from a Secret; it asks clients for certificates: %s',
  async (verifyClients) => {
    const [ours, foreign] = [certificatesOf(), certificatesOf()];
    const { caFile } = ours.client;
    const connect = await startNatsOf(render({ set: withTls(verifyClients) }), ours);
    const bus = await connect('NATS_URL_CHAT', 'chat', verifyClients ? ours.client : { caFile });
    expect(await listens(bus, 'evt.member.added.channel.*')).toBe(true);
    expect(await listens(bus, '>')).toBe(false);
    const refused = connect('NATS_URL_CHAT', 'chat', { caFile: foreign.client.caFile });
    await expect(refused).rejects.toBeInstanceOf(NatsConnectError);
  },
);

test.each([true, false])(
  'Redis serves TLS from a Secret; it asks clients for certificates: %s',
  async (verifyClients) => {
    const ours = certificatesOf();
    const objects = render({ set: withTls(verifyClients) });
    const secret = secretOf(objects);
    const redis = await startRedisWithConfig('redis.conf', {
      'redis.conf': here(configOf(objects, 'redis')['redis.conf'] ?? ''),
      'secret/redis-password.conf': secret['redis-password.conf'] ?? '',
      ...tlsSecret(ours.redis),
    });
    undo.push(() => redis.stop());
    const { password } = new URL(secret['REDIS_URL'] ?? '');
    const { caFile, certFile, keyFile } = ours.client;
    const ask = async (tls: object): Promise<string> => {
      const client = new Redis(redis.url, { password, tls, lazyConnect: true, retryStrategy: () => null });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return await client.ping();
      } finally {
        client.disconnect();
      }
    };
    const ca = readFileSync(caFile);
    expect(await ask({ ca, cert: readFileSync(certFile), key: readFileSync(keyFile) })).toBe('PONG');
    if (verifyClients) await expect(ask({ ca })).rejects.toThrow();
    else expect(await ask({ ca })).toBe('PONG');
  },
);
