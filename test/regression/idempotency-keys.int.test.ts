// A write over REST that is sent again with its Idempotency-Key is done once, on every wire; and a send whose answer was lost is one message.
import { randomUUID } from 'node:crypto';
import type { Bus } from '@parley/bus';
import { Fault } from '@parley/contracts';
import {
  type InOneProcess,
  type RunningServer,
  freshServiceDatabase,
  startInOneProcess,
  startNats,
} from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** How many answers to a call of the gateway are lost, after the service did what it was asked. */
const losing = new Map<string, number>();
/** The calls of the gateway, oldest first. */
const calls: string[] = [];

type Call = (...given: unknown[]) => Promise<unknown>;
type Calls = Record<string, Record<string, Call>>;

const watched = (service: string, nouns: Calls): Calls =>
  mapValues(nouns, (verbs, noun) =>
    mapValues(verbs, (call, verb) => async (...given: unknown[]) => {
      const name = `${service}.${noun}.${verb}`;
      calls.push(name);
      const answer = await call(...given);
      const left = losing.get(name) ?? 0;
      losing.set(name, left - 1);
      if (left > 0) throw new Fault('unavailable', 'deadline_exceeded', 'The answer was lost');
      return answer;
    }),
  );

const mapValues = <A, B>(from: Record<string, A>, to: (value: A, key: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value, key)]));

const busOf = (service: string, bus: Bus): Bus =>
  service !== 'gateway'
    ? bus
    : new Proxy(bus, {
        get: (target, name) =>
          name === 'client'
            ? (contract: Parameters<Bus['client']>[0]) =>
                watched(contract.service, target.client(contract) as unknown as Calls)
            : (Reflect.get(target, name) as unknown),
      });

let nats: RunningServer;
let database: Awaited<ReturnType<typeof freshServiceDatabase>>;
let parley: InOneProcess;
beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshServiceDatabase()]);
  parley = await startInOneProcess({ natsUrl: nats.url, databaseUrl: database.url, busOf });
});
afterAll(async () => {
  await parley.stop();
  await Promise.all([nats.stop(), database[Symbol.asyncDispose]()]);
});

interface Options {
  readonly token?: string;
  readonly key?: string;
  readonly body?: unknown;
  readonly method?: string;
}
const ask = async (path: string, { token, key, body, method = 'POST' }: Options) => {
  const response = await fetch(parley.url + path, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? null : JSON.parse(text),
    replayed: response.headers.get('idempotent-replayed') === 'true',
  };
};
/** The same request three times, two of them at once. */
const thrice = async (path: string, options: Options) => {
  const key = randomUUID();
  const both = await Promise.all([ask(path, { ...options, key }), ask(path, { ...options, key })]);
  const third = await ask(path, { ...options, key });
  expect({ path, ...third }).toMatchObject({ replayed: true });
  for (const { status, body } of both) expect({ status, body }).toEqual({ status: third.status, body: third.body });
  expect(third.status).toBeLessThan(300);
  return third.body;
};
const name = () => `u${randomUUID().slice(0, 8)}`;
const password = 'correct horse 7';

test('v1: accounts, sign-ins and channels are made once; a reused, an overlong and an empty key are refused', async () => {
  const username = name();
  const { accessToken: token } = await thrice('/v1/accounts', { body: { username, password } });
  await thrice('/v1/sessions', { body: { login: username, password } });
  const channel = { kind: 'group', title: 'Once' };
  await thrice('/v1/channels', { token, body: channel });
  const { body } = await ask('/v1/channels', { token, method: 'GET' });
  expect(body.channels ?? body.items ?? body).toHaveLength(1);
  const key = randomUUID();
  await ask('/v1/channels', { token, key, body: channel });
  expect(await ask('/v1/channels', { token, key, body: { ...channel, title: 'Other' } })).toMatchObject({
    status: 422,
    body: { reason: 'idempotency_key_reused' },
  });
  expect(await ask('/v1/channels', { token, key: 'x'.repeat(256), body: channel })).toMatchObject({
    status: 400,
    body: { reason: 'idempotency_key_invalid' },
  });
  // A key is the caller's own: somebody else's is another one.
  const other = await thrice('/v1/accounts', { body: { username: name(), password } });
  expect((await ask('/v1/channels', { token: other.accessToken, key, body: channel })).replayed).toBe(false);
});

test('old wires: what is made over REST is made once', async () => {
  const username = name();
  await thrice('/api/auth/signup', { body: { username, password } });
  const { access_token: rooms } = await thrice('/api/auth/login', { body: { username, password } });
  await thrice('/api/rooms', { token: rooms, body: { name: name() } });
  await thrice('/auth/register', {
    body: { username: name(), email: `${name()}@example.com`, password, public_key: 'k' },
  });
  const { access_token: mesh } = await (async () => {
    const login = { email: `${name()}@example.com`, password };
    await thrice('/register', { body: login });
    return thrice('/login', { body: login });
  })();
  await thrice('/organizations', { token: mesh, body: { name: name(), subnet: '10.7.0.0/24' } });
  const device = await thrice('/register', { body: { name: name(), uuid: randomUUID() } });
  await thrice(`/topics/create?token=${device.token}`, { body: { topic_id: name() } });
});

test('a message over REST is one message: with a key, and when the answer of chat is lost', async () => {
  const username = name();
  const email = () => `${name()}@example.com`;
  await thrice('/users/register', { body: { username, email: email(), password } });
  const other = await thrice('/users/register', { body: { username: name(), email: email(), password } });
  const { body: me } = await ask('/users/me', { token: other.access_token, method: 'GET' });
  const form = new URLSearchParams({ username, password });
  const signedIn = await fetch(`${parley.url}/auth/token`, { method: 'POST', body: form });
  const { access_token: token } = (await signedIn.json()) as { access_token: string };
  const conversation = await thrice('/conversations', { token, body: { title: 'Once', participant_ids: [me.id] } });
  const messages = `/conversations/${conversation.id}/messages`;
  const texts = async () => {
    const { body } = await ask(messages, { token, method: 'GET' });
    return (body as { content: string }[]).map(({ content }) => content);
  };
  await thrice(messages, { token, body: { content: 'keyed' } });
  losing.set('chat.message.send', 1);
  expect((await ask(messages, { token, body: { content: 'lost' } })).status).toBe(201);
  calls.length = 0;
  expect((await ask(messages, { token, body: { content: 'one call' } })).status).toBe(201);
  expect(calls).toEqual(['chat.message.send']);
  expect(await texts()).toEqual(['keyed', 'lost', 'one call']);
});

/** Sends a request whose answer is lost between service and gateway, and sends it again with its key: the response to the second. */
const losingOnce = async (call: string, path: string, options: Options) => {
  const key = randomUUID();
  losing.set(call, 1);
  expect(await ask(path, { ...options, key })).toMatchObject({ status: 503 });
  const again = await ask(path, { ...options, key });
  expect({ path, ...again }).toMatchObject({ replayed: false, status: expect.toBeOneOf([200, 201]) });
  return again.body;
};

test('what is made by a request whose answer was lost is there once after it was sent again with its key', async () => {
  const [username, email] = [name(), `${name()}@example.com`];
  const list = async (path: string, token: string) => (await ask(path, { token, method: 'GET' })).body;

  const { body: grant } = await ask('/v1/accounts', { body: { username, password } });
  const group = { kind: 'group', title: 'Once' };
  const { id } = await losingOnce('topics.channel.create', '/v1/channels', { token: grant.accessToken, body: group });
  expect(await list('/v1/channels?joined=true', grant.accessToken)).toMatchObject({ channels: [{ id }] });

  await ask('/api/auth/signup', { body: { username, password } });
  const { body: rooms } = await ask('/api/auth/login', { body: { username, password } });
  const room = { token: rooms.access_token, body: { name: name() } };
  await losingOnce('topics.channel.create', '/api/rooms', room);
  const found = (await list('/api/rooms', rooms.access_token)) as { name: string }[];
  expect(found.filter((each) => each.name === room.body.name)).toHaveLength(1);

  const { body: user } = await ask('/users/register', { body: { username, email, password } });
  const conversation = { token: user.access_token, body: { title: 'Once', participant_ids: [user.user.id] } };
  await losingOnce('topics.channel.create', '/conversations', conversation);
  expect(await list('/conversations', user.access_token)).toHaveLength(1);

  await ask('/register', { body: { email, password } });
  const { body: mesh } = await ask('/login', { body: { email, password } });
  const token = mesh.access_token;
  const body = { name: 'Acme', subnet: '10.7.0.0/24', open: false };
  const organization = await losingOnce('signaling.organization.create', '/organizations', { token, body });
  expect(await list('/organizations', token)).toHaveLength(1);
  const place = `/organizations/${organization.id}`;
  const { invitation } = await losingOnce('signaling.organization.invite', `${place}/invitations`, { token });
  const other = { email: `${name()}@example.com`, password };
  await ask('/register', { body: other });
  const { body: second } = await ask('/login', { body: other });
  const joined = await ask(`${place}/join`, { token: second.access_token, body: { invitation } });
  expect(joined).toMatchObject({ status: 200, body: { status: 'joined' } });

  const device = (await ask('/register', { body: { name: name(), uuid: randomUUID() } })).body.token;
  const topic = { body: { topic_id: name() } };
  await losingOnce('topics.channel.create', `/topics/create?token=${device}`, topic);
});
