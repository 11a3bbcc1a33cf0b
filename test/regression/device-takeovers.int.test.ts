// Two gateways in one process over a real NATS and Redis: what a device receives when another of its sockets takes over, and goes.
import { type Bus, connectNats } from '@parley/bus';
import { AccessClaims, auth, principalFromClaims } from '@parley/contracts';
import { type Gateway, GatewayConfig, startGateway } from '@parley/gateway';
import { createLog } from '@parley/runtime';
import type { InOneProcess, RunningServer } from '@parley/testing';
import { eventually, freshServiceDatabase, servers, startInOneProcess, startNats, startRedis } from '@parley/testing';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../clients/http.js';
import { aDevice, connect, direct, register, topicCall, toTopic } from '../clients/swifty.js';
import type { Device } from '../clients/swifty.js';

const hourMs = 60 * 60 * 1000;
let laterMs = 0;
const clock = (): number => Date.now() + laterMs;

let nats: RunningServer;
let database: Awaited<ReturnType<typeof freshServiceDatabase>>;
let parley: InOneProcess;
let bus: Bus;
let other: Gateway;
let url: string;
let otherUrl: string;
beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshServiceDatabase()]);
  const environment = { REDIS_URL: servers().redisUrl };
  parley = await startInOneProcess({ natsUrl: nats.url, databaseUrl: database.url, environment, clock });
  const log = createLog({ service: 'other', level: 'silent' });
  bus = await connectNats({ servers: nats.url, name: 'other', log });
  const config = GatewayConfig.parse({ ...environment, PORT: '0', PARLEY_DRAIN_MS: '200' });
  other = await startGateway(config, { bus, log, clock });
  [url, otherUrl] = [parley.url, other.url];
});
afterAll(async () => {
  await other.stop();
  await bus.drain();
  await parley.stop();
  await Promise.all([nats.stop(), database[Symbol.asyncDispose]()]);
});

type Socket = Awaited<ReturnType<typeof connect>>;
const contentsOf = ({ received }: Socket) =>
  received.flatMap(({ content }) => (content === undefined ? [] : [content]));
const isListed = async ({ uuid }: Device) => {
  const { body } = await ask('GET', `${url}/clients`);
  return uuid in (body as { clients: object }).clients;
};

test('what came while neither connection received reaches the older connection, in order, and what its account joined meanwhile', async () => {
  const [alice, bob] = [await aDevice(url), await aDevice(url)];
  await topicCall(url, 'create', alice, 'taken-over');
  await topicCall(url, 'subscribe', alice, 'taken-over');
  using a = await connect(url, alice);
  using older = await connect(url, bob);
  const newer = await connect(otherUrl, bob);
  a.send(direct(alice, bob, { content: 'to the newer' }));
  await newer.waitFor(({ content }) => content === 'to the newer');
  await topicCall(url, 'subscribe', bob, 'taken-over');
  newer.close();
  await newer.closed;
  await eventually(async () => expect(await isListed(bob)).toBe(false));
  for (const content of ['one', 'two']) {
    a.send(direct(alice, bob, { content }));
    expect(await a.waitFor('error')).toMatchObject({ message: `Recipient ${bob.uuid} not connected` });
  }
  await eventually(async () => expect(await isListed(bob)).toBe(true), { withinMs: 10_000 });
  a.send(direct(alice, bob, { content: 'three' }));
  await older.waitFor(({ content }) => content === 'three');
  expect(contentsOf(older)).toEqual(['one', 'two', 'three']);
  await eventually(async () => {
    a.send(toTopic(alice, 'taken-over', { content: 'in the topic' }));
    await older.waitFor(({ content }) => content === 'in the topic', 500);
  });
});

test('on one gateway the older connection goes on where the newer one ended', async () => {
  const [alice, bob] = [await aDevice(url), await aDevice(url)];
  using a = await connect(url, alice);
  using older = await connect(url, bob);
  const newer = await connect(url, bob);
  const say = async (content: string) => {
    a.send(direct(alice, bob, { content }));
    await a.waitFor('sent');
  };
  for (let n = 1; n <= 5; n += 1) await say(`${n}`);
  await newer.waitFor(({ content }) => content === '5');
  newer.close();
  await newer.closed;
  await say('6');
  await older.waitFor(({ content }) => content === '6');
  expect(contentsOf(newer)).toEqual(['1', '2', '3', '4', '5']);
  expect(contentsOf(older)).toEqual(['6']);
});

test('a device that is connected at another gateway is the same one again with an earlier token only, expired or not', async () => {
  const [alice, bob, eve] = [await aDevice(url), await aDevice(url), await aDevice(url)];
  using a = await connect(url, alice);
  using connected = await connect(otherUrl, bob);
  const tokens: Record<string, string> = {};
  const again = async (name: string, shown?: string) => {
    const { status, body } = await register(url, bob.uuid, name, shown);
    expect([status, body]).toMatchObject([200, { uuid: bob.uuid, name }]);
    tokens[name] = (body as { token: string }).token;
  };
  await again('Mallory');
  await again('Mallory with a token of Eve', eve.token);
  laterMs = 2 * hourMs;
  try {
    const own = `${url}/clients/${bob.uuid}/undelivered?token=${bob.token}`;
    expect((await ask('GET', own)).status).toBe(401);
    await again('Mallory with an expired token of Eve', eve.token);
    await again('Bob', bob.token);
    const sockets = new Map<string, Socket>();
    for (const [name, token] of Object.entries(tokens)) {
      if (name.includes('expired') || name === 'Bob') sockets.set(name, await connect(url, { ...bob, token }));
    }
    a.send(direct(alice, bob, { content: 'to Bob' }));
    await sockets.get('Bob')?.waitFor(({ content }) => content === 'to Bob');
    await a.waitFor('sent');
    expect([...sockets.values(), connected].map(contentsOf).flat()).toEqual(['to Bob']);
    for (const socket of sockets.values()) socket.close();
  } finally {
    laterMs = 0;
  }
});

test('a token whose session was ended shows nothing after its time is over, nor at a gateway that started later with an empty Redis', async () => {
  const [bob, carol] = [await aDevice(url), await aDevice(url)];
  const claimsOf = (token: string) => AccessClaims.parse(jwt.decode(token));
  const principal = principalFromClaims(claimsOf(bob.token));
  await bus.client(auth).session.end({}, { principal });
  laterMs = 2 * hourMs;
  const redis = await startRedis();
  const environment = { REDIS_URL: redis.url, PORT: '0', PARLEY_DRAIN_MS: '200' };
  const log = createLog({ service: 'later', level: 'silent' });
  const later = await startGateway(GatewayConfig.parse(environment), { bus, log, clock });
  try {
    for (const at of [url, otherUrl, later.url]) {
      const again = async (device: Device) => {
        const { status, body } = await register(at, device.uuid, device.name, device.token);
        expect(status).toBe(200);
        return claimsOf((body as { token: string }).token).aid;
      };
      expect(await again(carol)).toBe(claimsOf(carol.token).aid);
      expect(await again(bob)).not.toBe(principal.accountId);
    }
  } finally {
    laterMs = 0;
    await later.stop();
    await redis.stop();
  }
});
