import { type Certificates, type NatsWithUsers, makeCertificates, startNatsWithUsers } from '@parley/testing';
import { copyFileSync } from 'node:fs';
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordingLog, until } from './testing/demo.js';
import { NatsConnectError } from './nats-problem.js';
import type { NatsTlsFiles } from './nats-tls.js';
import { connectNats } from './nats.js';

let ours: Certificates;
let foreign: Certificates;
let nats: NatsWithUsers;
let mutual: NatsWithUsers;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  ours = makeCertificates();
  foreign = makeCertificates();
  nats = await startNatsWithUsers(ours.nats);
  mutual = await startNatsWithUsers({ ...ours.nats, verifyClients: true });
});
afterAll(async () => {
  await nats.stop();
  await mutual.stop();
  ours.remove();
  foreign.remove();
});
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

const connect = async (servers: string, tls?: NatsTlsFiles) => {
  const { log, logged } = recordingLog();
  const bus = await connectNats({ servers, name: 'gateway', log, tls });
  undo.push(() => bus.drain());
  return { bus, logged };
};
const trusting = ({ nats: { caFile } }: Certificates): NatsTlsFiles => ({ caFile });
/** Presents a certificate of the first authority, and trusts the second. */
const showing = ({ client }: Certificates, { nats: { caFile } }: Certificates): NatsTlsFiles => ({ ...client, caFile });
/** A proxy at another address of a server that counts connections. */
const wayTo = async (server: NatsWithUsers, host: string) => {
  let connections = 0;
  const way = createServer((near) => {
    connections += 1;
    const far = connectSocket(server.port, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => way.listen(0, host, resolve));
  undo.push(() => new Promise((resolve) => way.close(resolve)));
  const { port } = way.address() as AddressInfo;
  const url = server.urlOf('gateway').replace(`127.0.0.1:${server.port}`, `${host}:${port}`);
  return { url, connections: () => connections };
};
const withHost = (text: string, host: string): string => text.replace('127.0.0.1', host);
/** As `nats://` and as `tls://`: a CA file alone requests TLS too. */
const urlsOf = (server: NatsWithUsers): string[] => {
  const url = server.urlOf('gateway');
  return [url, url.replace('tls:', 'nats:')];
};

test('a client that trusts the authority of the server connects, by name and by address', async () => {
  for (const url of urlsOf(nats))
    for (const host of ['127.0.0.1', 'localhost'])
      expect((await connect(withHost(url, host), trusting(ours))).bus.connected).toBe(true);
});

const refusedAtOnce = async (connecting: Promise<unknown>): Promise<string> => {
  const startedAt = performance.now();
  const error = await connecting.then(
    () => new Error('it connected'),
    (refused: unknown) => refused,
  );
  expect(error).toBeInstanceOf(NatsConnectError);
  // Far below the ten seconds for which the client waits for a server that may still start.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  return (error as Error).message;
};

test('a certificate of another authority is refused at once, in one sentence', async () => {
  for (const tls of [trusting(foreign), undefined]) {
    const sentence = await refusedAtOnce(connect(nats.urlOf('gateway'), tls));
    expect(sentence).toMatch(
      /^NATS_URL: the certificate of NATS at 127\.0\.0\.1:\d+ is signed by no authority [^\n]*\.$/,
    );
  }
});

test('a certificate for another name is refused at once', async () => {
  const way = await wayTo(nats, '127.0.0.2');
  const sentence = await refusedAtOnce(connect(way.url, trusting(ours)));
  expect(sentence).toMatch(/^NATS_URL: the certificate of NATS is not for 127\.0\.0\.2:\d+/);
});

test('a server without TLS is refused before it is sent a password', async () => {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (data) => received.push(data.toString()));
    socket.on('error', () => undefined);
    socket.write('INFO {"server_id":"x","version":"2.9.0","proto":1,"headers":true,"max_payload":1048576}\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  for (const [url, tls] of [
    [`tls://gateway:hidden@127.0.0.1:${port}`, undefined],
    [`nats://gateway:hidden@127.0.0.1:${port}`, trusting(ours)],
  ] as const)
    expect(await refusedAtOnce(connect(url, tls))).toMatch(/^NATS_URL: NATS at 127\.0\.0\.1:\d+ offers no TLS/);
  expect(received).toEqual([]);
});

test('a server that asks for a client certificate is shown one', async () => {
  expect((await connect(mutual.urlOf('gateway'), showing(ours, ours))).bus.connected).toBe(true);
});

test('a server that is shown no client certificate, or one of another authority, is given up in one sentence', async () => {
  const refused = [trusting(ours), showing(foreign, ours)].map((tls) => connect(mutual.urlOf('gateway'), tls));
  for (const outcome of await Promise.allSettled(refused))
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(NatsConnectError) });
  await expect(refused[0]).rejects.toThrow(
    /^NATS_URL: NATS at 127\.0\.0\.1:\d+ does not answer over TLS; [^\n]*client certificate/,
  );
});

test('certificates that were renewed on disk are read without a restart, and what failed meanwhile is not a flood', async () => {
  const mine = makeCertificates();
  const renewed = makeCertificates();
  undo.push(mine.remove, renewed.remove);
  const server = await startNatsWithUsers({ ...mine.nats, verifyClients: true });
  undo.push(() => server.stop());
  const way = await wayTo(server, '127.0.0.1');
  const { bus, logged } = await connect(way.url, showing(mine, mine));

  await server.kill('SIGKILL');
  for (const part of ['certFile', 'keyFile', 'caFile'] as const) copyFileSync(renewed.nats[part], mine.nats[part]);
  // The client still presents the certificate of the previous authority, which the server refuses.
  await server.start();
  const before = way.connections();
  await until(() => way.connections() >= before + 3, 30_000);
  expect(bus.connected).toBe(false);
  expect(logged).toMatchObject([{ message: 'The connection to NATS is down' }]);

  for (const part of ['certFile', 'keyFile'] as const) copyFileSync(renewed.client[part], mine.client[part]);
  await until(() => bus.connected, 20_000);
});
