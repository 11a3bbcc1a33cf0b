import {
  type CallOptions,
  type OperationName,
  type BusUserName,
  type Nouns,
  auth,
  busUserNames,
  busUsers,
  callSubject,
  chat,
  contract,
  instancesSubject,
  livenessSubject,
  signaling,
  topics,
} from '@parley/contracts';
import { type NatsWithUsers, startNatsWithUsers } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { type NatsConnection, Events, connect } from 'nats';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { formerSubject } from './former-names.js';
import { natsServers } from './nats-servers.js';
import { connectNats } from './nats.js';
import { natsPermissionsOf } from './nats-users.js';
import { recordingLog, until } from './testing/demo.js';

let nats: NatsWithUsers;
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  nats = await startNatsWithUsers();
});
afterAll(() => nats.stop());
afterEach(async () => {
  await Promise.all(undo.splice(0).map((end) => end()));
});

const system = (service: string): CallOptions => ({ principal: { kind: 'system', realm: 'main', service } });

/** A user of the bus, through our own client and through a raw one that ignores our conventions. */
const busAs = async (user: BusUserName) => {
  const { log, logged } = recordingLog();
  const bus = await connectNats({ servers: nats.urlOf(user), name: user, log });
  undo.push(() => bus.drain());
  return { bus, logged };
};
const rawAs = async (url: string): Promise<{ nc: NatsConnection; refused: () => Promise<string[]> }> => {
  const nc = await connect({ ...natsServers(url), reconnect: false });
  const refused: string[] = [];
  const status = nc.status();
  void (async () => {
    for await (const { type, permissionContext } of status)
      if (type === Events.Error && permissionContext) refused.push(permissionContext.subject);
  })();
  undo.push(() => nc.close());
  return {
    nc,
    refused: async () => {
      await nc.flush();
      await new Promise(setImmediate);
      return refused;
    },
  };
};

const id = randomUUID();
const operations = [auth, topics, chat, signaling].flatMap(({ service, nouns }) =>
  Object.entries(nouns as Nouns).flatMap(([noun, verbs]) =>
    Object.entries(verbs).flatMap(([verb, { former }]) => {
      const otherName = formerSubject(service, former);
      return [callSubject(service, noun, verb), ...(otherName === undefined ? [] : [otherName])];
    }),
  ),
);
const events = [
  ...['message.created', 'typing.started', 'member.added', 'member.changed', 'member.removed', 'channel.changed'],
  ...['session.revoked', 'account.deleted', 'session.opened', 'session.closed', 'connection.entered'],
  ...['peer.online', 'peer.offline'],
].flatMap((name) => ['channel', 'account', 'network', 'session'].map((kind) => `evt.${name}.${kind}.${id}`));

const matches = (pattern: string, subject: string): boolean => {
  const words = subject.split('.');
  const expected = pattern.split('.');
  return words.length === expected.length && expected.every((word, at) => word === '*' || word === words[at]);
};

test.each(busUserNames)('%s publishes exactly the calls that it makes and the events that it owns', async (user) => {
  const { nc, refused } = await rawAs(nats.urlOf(user));
  const alive = ['auth', 'topics', 'chat', 'signaling'].flatMap((service) => [
    livenessSubject(service),
    livenessSubject(service, id),
    instancesSubject(service),
  ]);
  const others = busUserNames.flatMap((name) => [
    ...[`_INBOX.${name}.x.1`, `$SRV.PING.parley-${name}`],
    ...['auth', 'topics', 'chat', 'signaling'].map((service) => `_INBOX.${name}.${service}.x.1`),
  ]);
  const everything = [...operations, ...alive, ...events, ...others];
  for (const subject of everything) nc.publish(subject, '{}');
  const allowed = natsPermissionsOf(user).publish;
  expect(await refused()).toEqual(
    everything.filter((subject) => !allowed.some((pattern) => matches(pattern, subject))),
  );
});

test.each(busUserNames)('%s subscribes to nothing that is not its own', async (user) => {
  const { nc, refused } = await rawAs(nats.urlOf(user));
  const foreign = [
    ...['>', 'rpc.>', '_INBOX.>', '_INBOX.*.>', '$SRV.>', '$SYS.>', 'evt.>', 'evt.*.*.>', 'evt.*.*.session.*'],
    ...['auth', 'topics', 'chat', 'signaling'].flatMap((service) => [`rpc.${service}.>`, `rpc.${service}.*.*`]),
    ...operations,
    ...['auth', 'topics', 'chat', 'signaling']
      .map(instancesSubject)
      .filter((subject) => !natsPermissionsOf(user).subscribe.includes(subject)),
    ...busUserNames.filter((name) => name !== user).map((name) => `_INBOX.${name}.>`),
  ];
  for (const subject of foreign) nc.subscribe(subject);
  for (const { service, group } of ['auth', 'topics', 'chat', 'signaling']
    .filter((service) => service !== busUsers[user].serves)
    .flatMap((service) => [service, 'mine'].map((group) => ({ service, group }))))
    nc.subscribe((foreign.push(`rpc.${service}.>`), `rpc.${service}.>`), { queue: group });
  expect((await refused()).sort()).toEqual(foreign.sort());
});

test('without a password, or with that of another user, nobody gets in', async () => {
  const { port } = nats;
  await expect(connect({ servers: `127.0.0.1:${port}`, reconnect: false })).rejects.toThrow(/authorization/i);
  const pass = new URL(nats.urlOf('gateway')).password;
  await expect(connect({ servers: `127.0.0.1:${port}`, user: 'auth', pass, reconnect: false })).rejects.toThrow(
    /authorization/i,
  );
});

const nothing = contract('auth', { account: { me: { input: z.object({}), output: z.object({}) } } });
const forbidden = contract('topics', { channel: { create: topics.nouns.channel.create } });

test('a call that its user may not make ends at once, is logged and counted', async () => {
  const { bus, logged } = await busAs('chat');
  const startedAt = performance.now();
  const call = bus.client(forbidden).channel.create({ kind: 'room', title: 'Room' }, system('chat'));
  await expect(call).rejects.toMatchObject({ code: 'unavailable', reason: 'bus_denied' });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(bus.counts.denied).toBe(1);
  expect(logged.map(({ details }) => details['subject'])).toContain('rpc.topics.channel.create');
});

test('an event that its user does not own is logged and counted', async () => {
  const { bus, logged } = await busAs('gateway');
  bus.publish({ name: 'account.deleted' }, [{ kind: 'account', id }]);
  await until(() => bus.counts.denied === 1);
  expect(logged).toMatchObject([{ level: 'error', details: { subject: `evt.account.deleted.account.${id}` } }]);
});

test('a service that may not answer its calls, or not consume an event, does not start', async () => {
  const { bus } = await busAs('chat');
  await expect(bus.serve(nothing, { account: { me: async () => ({}) } })).rejects.toMatchObject({
    reason: 'bus_denied',
  });
  await expect(bus.listen('evt.account.deleted.account.*', z.object({}), () => undefined)).rejects.toMatchObject({
    reason: 'bus_denied',
  });
});

test('a connection whose inbox belongs to another user is refused', async () => {
  const { log } = recordingLog();
  await expect(connectNats({ servers: nats.urlOf('chat'), name: 'auth', log })).rejects.toThrow(/inbox/);
});

const serveKeys = async () => {
  const { bus, logged } = await busAs('auth');
  const asked: string[] = [];
  const issues = contract('auth', { token: { issue: auth.nouns.token.issue, keys: auth.nouns.token.keys } });
  await bus.serve(issues, {
    token: {
      issue: async () => {
        asked.push('issue');
        throw new Error('not reached');
      },
      keys: async () => (asked.push('keys'), { keys: [] }),
    },
  });
  return { asked, logged };
};

test('a caller cannot make a service publish for it: an answer goes to an inbox or nowhere', async () => {
  const { asked, logged } = await serveKeys();
  const { nc: tap } = await rawAs(nats.url);
  const seen: string[] = [];
  tap.subscribe('evt.>', { callback: (_error, message) => void seen.push(message.subject) });
  await tap.flush();
  const { nc } = await rawAs(nats.urlOf('gateway'));
  for (const reply of [`evt.account.deleted.account.${id}`, 'rpc.topics.member.remove', '$SYS.REQ.SERVER.PING'])
    nc.publish('rpc.auth.token.keys', '{}', { reply });
  await until(() => logged.filter(({ level }) => level === 'error').length === 3);
  expect(asked).toEqual([]);
  await tap.flush();
  expect(seen).toEqual([]);
});

test('a service answers for itself only, although it knows the inboxes of its callers', async () => {
  const { bus } = await busAs('gateway');
  const keys = contract('auth', { token: { keys: auth.nouns.token.keys } });
  const heads = contract('chat', { channel: { heads: chat.nouns.channel.heads } });
  const held: (() => void)[] = [];
  const { bus: owner } = await busAs('auth');
  await owner.serve(keys, {
    token: { keys: () => new Promise((resolve) => held.push(() => resolve({ keys: [] }))) },
  });
  const { nc: forger, refused } = await rawAs(nats.urlOf('chat'));
  const inboxes: string[] = [];
  forger.subscribe('rpc.chat.>', {
    queue: 'chat',
    callback: (_error, { subject, reply }) => {
      if (reply !== undefined && subject.includes('heads')) inboxes.push(reply);
    },
  });
  await forger.flush();
  const asked = bus.client(keys).token.keys({}, system('gateway'));
  await until(() => held.length === 1);
  const other = bus.client(heads).channel.heads({ channelIds: [], accountIds: [] }, system('gateway'));
  await until(() => inboxes.length === 1);
  const inbox = inboxes[0] ?? '';
  // Tokens are counted, so those of calls to others are no secret.
  const own = Number(inbox.slice(inbox.lastIndexOf('.') + 1));
  const before = inbox.slice(0, inbox.lastIndexOf('.') + 1);
  const forged = '{"keys":[{"kid":"forged"}]}';
  for (let token = 1; token < own; token += 1) forger.publish(`${before}${token}`, forged);
  expect(await refused()).toEqual([]);
  forger.publish(inbox.replace('.chat.', '.auth.'), forged);
  expect(await refused()).toHaveLength(1);
  held[0]?.();
  await expect(asked).resolves.toEqual({ keys: [] });
  forger.publish(inbox, '{"channels":[],"inboxes":[]}');
  await expect(other).resolves.toEqual({ channels: [], inboxes: [] });
});

test('an answer to a question from before NATS was restarted is given to nobody, and is no fault', async () => {
  const { bus: served, logged } = await busAs('auth');
  const held: (() => void)[] = [];
  const keys = contract('auth', { token: { keys: auth.nouns.token.keys } });
  await served.serve(keys, {
    token: { keys: () => new Promise((resolve) => held.push(() => resolve({ keys: [] }))) },
  });
  const { bus } = await busAs('gateway');
  const call = bus.client(keys).token.keys({}, system('gateway'));
  await until(() => held.length === 1);
  await nats.kill('SIGKILL');
  await until(() => !bus.connected && !served.connected);
  await nats.start();
  await until(() => held.length === 2);
  held[0]?.();
  await new Promise(setImmediate);
  held[1]?.();
  // Answers are sent in this order.
  await expect(call).resolves.toEqual({ keys: [] });
  expect(served.counts.denied).toBe(0);
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
});

test('system is refused for what the service that it names does not call in its own name', async () => {
  const { asked, logged } = await serveKeys();
  const { bus } = await busAs('gateway');
  const { token } = bus.client(auth);
  for (const service of ['auth', 'topics', 'chat', 'signaling', 'sample-data', 'root'])
    await expect(token.issue({ accountId: id, dialect: 'v1' }, system(service))).rejects.toMatchObject({
      code: 'forbidden',
      reason: 'system_only',
    });
  expect(asked).toEqual([]);
  expect(logged.filter(({ level }) => level === 'error')).toHaveLength(6);
  await expect(token.keys({}, system('gateway'))).resolves.toEqual({ keys: [] });
});

test('every operation that somebody may call exists', () => {
  const known = new Set(operations.map((subject) => subject.slice('rpc.'.length)));
  const named = busUserNames.flatMap((user): readonly OperationName[] => [
    ...busUsers[user].calls,
    ...busUsers[user].systemCalls,
  ]);
  expect(named.filter((operation) => !known.has(operation))).toEqual([]);
});
