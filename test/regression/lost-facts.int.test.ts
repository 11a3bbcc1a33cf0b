// Quick forms of `npm run prove -- lost-facts`: real services over a real NATS, with the gateway's comparing of heads made short.
import { signUp } from '@parley/client';
import type { Bus } from '@parley/bus';
import type { BusEvent } from '@parley/contracts';
import type { InOneProcess, RunningServer } from '@parley/testing';
import {
  droppingBus,
  eventually,
  freshServiceDatabase,
  openSocket,
  startInOneProcess,
  startNats,
} from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aDevice, connect, topicCall, toTopic } from '../clients/swifty.js';

const timings = { checkMinMs: 200, checkMaxMs: 400, missedMs: 50 };

/** Texts of messages and ids of channels whose events never arrive at the gateway; chat does not receive removals either. */
const lost = new Set<string>();
const isLost = (event: BusEvent): boolean => {
  if (event.name === 'member.removed' || event.name === 'member.added')
    return lost.has(event.channel.id) || lost.has(event.channel.slug ?? '');
  return (
    event.name === 'message.created' && event.message.content.type === 'text' && lost.has(event.message.content.text)
  );
};
const busOf = (service: string, bus: Bus): Bus => {
  if (service === 'topics') return droppingBus(bus, ({ name }) => name === 'account.deleted');
  return service === 'gateway' || service === 'chat' ? droppingBus(bus, isLost) : bus;
};
const environment = { PARLEY_ACCOUNT_CHECK_MS: '300' };

let nats: RunningServer;
let database: Awaited<ReturnType<typeof freshServiceDatabase>>;
let parley: InOneProcess;
beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshServiceDatabase()]);
  parley = await startInOneProcess({ natsUrl: nats.url, databaseUrl: database.url, busOf, timings, environment });
});
afterAll(async () => {
  await parley.stop();
  await Promise.all([nats.stop(), database[Symbol.asyncDispose]()]);
});

/** A socket without the SDK, which would repair by itself what the gateway is to repair. */
const user = async (username: string) => {
  const { url } = parley;
  const grant = await signUp({ url, username, password: 'correct horse' });
  const headers = { authorization: `Bearer ${grant.accessToken}` };
  const socket = await openSocket(`${url}/v1/socket`, { headers });
  await socket.waitFor('session.opened');
  let asked = 0;
  const call = async (method: string, params: object) => {
    const id = (asked += 1);
    socket.send({ jsonrpc: '2.0', id, method, params });
    return (await socket.waitFor((frame) => frame['id'] === id)) as { result?: object; error?: { data: object } };
  };
  const say = (target: object, text: string) =>
    call('message.send', { ...target, clientId: `${username} ${text}`, content: { type: 'text', text } });
  const rest = async (method: string, path: string, body?: object): Promise<{ id: string }> => {
    const withBody = body && { body: JSON.stringify(body) };
    const asJson = { ...headers, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1${path}`, { method, headers: asJson, ...withBody });
    expect(answer.ok).toBe(true);
    return (answer.status === 204 ? {} : await answer.json()) as { id: string };
  };
  const received = () =>
    socket.received
      .filter((frame) => frame['method'] === 'message.created')
      .map((frame) => (frame['params'] as { message: { content: { text: string } } }).message.content.text);
  return { id: grant.account.id, socket, call, say, rest, received };
};
type User = Awaited<ReturnType<typeof user>>;

const groupOf = async (owner: User, listener: User): Promise<string> => {
  const { id } = await owner.rest('POST', '/channels', { kind: 'group', title: 'Us', memberIds: [listener.id] });
  await listener.call('channel.attach', { channelId: id });
  return id;
};

test('a message whose event was lost comes before the one behind it', async () => {
  const [ada, bob] = [await user('gap-ada'), await user('gap-bob')];
  const channelId = await groupOf(ada, bob);
  lost.add('lost in between');
  for (const text of ['one', 'lost in between', 'three']) await ada.say({ channelId }, text);
  await eventually(() => expect(bob.received()).toEqual(['one', 'lost in between', 'three']));
});

test('the last message of a channel comes though its event was lost', async () => {
  const [ada, bob] = [await user('last-ada'), await user('last-bob')];
  const channelId = await groupOf(ada, bob);
  lost.add('lost at the end');
  await ada.say({ channelId }, 'lost at the end');
  await eventually(() => expect(bob.received()).toEqual(['lost at the end']));
});

test('the first direct message of an account comes though its event was lost', async () => {
  const [ada, bob] = [await user('direct-ada'), await user('direct-bob')];
  lost.add('lost between us');
  await ada.say({ directWith: bob.id }, 'lost between us');
  await eventually(() => expect(bob.received()).toEqual(['lost between us']));
});

test('a deleted account leaves its channels though topics never received the event', async () => {
  const [ada, bob] = [await user('gone-ada'), await user('gone-bob')];
  const channelId = await groupOf(ada, bob);
  await bob.rest('DELETE', '/me', { password: 'correct horse' });
  await eventually(async () => {
    const { members } = (await ada.rest('GET', `/channels/${channelId}/members`)) as unknown as {
      members: { accountId: string }[];
    };
    expect(members.map(({ accountId }) => accountId)).toEqual([ada.id]);
  });
});

test('a removed member is notified though the event was lost and nobody sends', async () => {
  const [ada, bob] = [await user('quiet-ada'), await user('quiet-bob')];
  const channelId = await groupOf(ada, bob);
  lost.add(channelId);
  await ada.rest('DELETE', `/channels/${channelId}/members/${bob.id}`);
  await expect(bob.socket.waitFor('member.removed')).resolves.toMatchObject({ params: { channelId } });
});

test('a removed member receives nothing more though the event was lost, and the next message removes it', async () => {
  const [ada, bob] = [await user('loud-ada'), await user('loud-bob')];
  const channelId = await groupOf(ada, bob);
  lost.add(channelId);
  await ada.rest('DELETE', `/channels/${channelId}/members/${bob.id}`);
  await ada.say({ channelId }, 'without bob');
  await bob.socket.waitFor('member.removed');
  expect(bob.received()).toEqual([]);
});

test('a device receives a topic that it subscribed to while connected, though its event was lost, from that moment on and once', async () => {
  const { url } = parley;
  const [ada, bob] = [await aDevice(url, 'Ada'), await aDevice(url, 'Bob')];
  await topicCall(url, 'create', ada, 'lost-topic');
  await topicCall(url, 'subscribe', ada, 'lost-topic');
  using a = await connect(url, ada);
  using b = await connect(url, bob);
  const say = async (content: string) => {
    a.send(toTopic(ada, 'lost-topic', { content }));
    await a.waitFor('topic_sent');
  };
  lost.add('lost-topic');
  await say('before');
  await topicCall(url, 'subscribe', bob, 'lost-topic');
  await say('right after');
  await b.waitFor(({ content }) => content === 'right after');
  lost.delete('lost-topic');
  await say('later');
  await b.waitFor(({ content }) => content === 'later');
  expect(b.received.map(({ content }) => content)).toEqual([undefined, 'right after', 'later']);
});
