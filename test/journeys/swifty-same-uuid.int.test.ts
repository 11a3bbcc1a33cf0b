import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { aDevice, connect, direct, register, topicCall, toTopic } from '../clients/swifty.js';
import type { Device } from '../clients/swifty.js';

type Socket = Awaited<ReturnType<typeof connect>>;
const contentsOf = ({ received }: Socket) =>
  received.flatMap(({ content }) => (content === undefined ? [] : [content]));

journey('two that registered with one uuid', ({ url, otherUrl }) => {
  /** Whoever knows a uuid, which is public, and no token of it. */
  const stranger = (to: Device, at = url): Promise<Device> => aDevice(at, 'Mallory', to.uuid);
  const say = async (socket: Socket, from: Device, to: Device, content: string): Promise<string> => {
    const message = direct(from, to, { content });
    socket.send(message);
    const answer = await socket.waitFor(({ type, msgid }) => type !== undefined && msgid === message.msgid);
    expect(['sent', 'error']).toContain(answer.type);
    return message.msgid;
  };
  const statusOf = async ({ token }: Device, msgid: string) => {
    const { status, body } = await ask('GET', `${otherUrl}/messages/${msgid}/status?token=${token}`);
    return status === 200 ? (body as { status: string }).status : status;
  };
  const undelivered = async ({ uuid, token }: Device) =>
    ((await ask('GET', `${url}/clients/${uuid}/undelivered?token=${token}`)).body as { messages: unknown[] }).messages;
  const clients = async () => ((await ask('GET', `${otherUrl}/clients`)).body as { clients: object }).clients;
  const subscribers = async (topic: string) =>
    (await ask('GET', `${url}/topics/${topic}`)).body as { subscribers: string[]; subscriber_count: number };

  test('W0.1: what was kept stays with the earlier token: a stranger neither receives, sees nor acknowledges it', async () => {
    const [alice, bob] = [await aDevice(url, 'Alice'), await aDevice(url, 'Bob')];
    using a = await connect(url, alice);
    const kept = await say(a, alice, bob, 'for Bob alone');
    const mallory = await stranger(bob, otherUrl);
    {
      using m = await connect(url, mallory);
      m.send({ type: 'ack', msgid: kept });
      await say(a, alice, bob, 'live');
      await m.waitFor(({ content }) => content === 'live');
      expect(contentsOf(m)).toEqual(['live']);
      expect(await statusOf(mallory, kept)).toBe(404);
      // How far its own inbox was written is reported a moment later.
      await eventually(async () => expect(await undelivered(mallory)).toEqual([]));
    }
    expect(await statusOf(alice, kept)).toBe('pending');
    expect(await undelivered(bob)).toHaveLength(1);
    using b = await connect(otherUrl, bob);
    await b.waitFor(({ content }) => content === 'for Bob alone');
    expect(contentsOf(b)).toEqual(['for Bob alone']);
    await eventually(async () => expect(await statusOf(alice, kept)).toBe('delivered'));
  });

  test('W0.1: what is said to a uuid of which nobody is connected is kept for the earlier token', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    await stranger(bob);
    const mallory = await stranger(bob);
    using a = await connect(url, alice);
    await say(a, alice, bob, 'kept');
    {
      using m = await connect(otherUrl, mallory);
      await say(m, mallory, alice, 'marker');
      expect(contentsOf(m)).toEqual([]);
    }
    using b = await connect(url, bob);
    await b.waitFor(({ content }) => content === 'kept');
  });

  test('W0.1: who registers later takes nothing from a connected device, and is reached when that one is gone', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url, 'Bob')];
    const mallory = await stranger(bob, otherUrl);
    using a = await connect(url, alice);
    using m = await connect(otherUrl, mallory);
    expect(await clients()).toMatchObject({ [bob.uuid]: 'Mallory' });
    const b = await connect(url, bob);
    expect(await clients()).toMatchObject({ [bob.uuid]: 'Bob' });
    await say(a, alice, bob, 'to Bob');
    await b.waitFor(({ content }) => content === 'to Bob');
    using another = await connect(url, mallory);
    await say(a, alice, bob, 'to Bob still');
    await b.waitFor(({ content }) => content === 'to Bob still');
    await say(b, bob, alice, 'Bob speaks');
    b.close();
    await b.closed;
    await eventually(async () => expect(await clients()).toMatchObject({ [bob.uuid]: 'Mallory' }));
    await say(a, alice, bob, 'to whoever is there');
    await another.waitFor(({ content }) => content === 'to whoever is there');
    using again = await connect(otherUrl, bob);
    await say(a, alice, bob, 'to Bob again');
    await again.waitFor(({ content }) => content === 'to Bob again');
    expect([m, another].map(contentsOf)).toEqual([[], ['to whoever is there']]);
    expect([b, again].map(contentsOf)).toEqual([['to Bob', 'to Bob still'], ['to Bob again']]);
  });

  test('W0.1: what a device says to its own uuid comes back to itself', async () => {
    const bob = await aDevice(url);
    const mallory = await stranger(bob);
    using b = await connect(url, bob);
    using m = await connect(otherUrl, mallory);
    for (const [socket, device, content] of [
      [m, mallory, 'hers'],
      [b, bob, 'his'],
    ] as const) {
      socket.send(direct(device, device, { content }));
      await socket.waitFor('sent');
    }
    expect([contentsOf(m), contentsOf(b)]).toEqual([['hers'], ['his']]);
  });

  test('W0.1: subscriptions belong to the token, not to the uuid', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    const topic = unique('topic');
    await topicCall(url, 'create', alice, topic);
    for (const one of [alice, bob]) await topicCall(url, 'subscribe', one, topic);
    const mallory = await stranger(bob, otherUrl);
    {
      using a = await connect(url, alice);
      using m = await connect(otherUrl, mallory);
      m.send(toTopic(mallory, topic, { content: 'not subscribed' }));
      expect(await m.waitFor('error')).toMatchObject({ message: `Not subscribed to topic ${topic}` });
      a.send(toTopic(alice, topic));
      expect(await a.waitFor('topic_sent')).toMatchObject({ message: 'Message sent to 0 subscribers' });
      await say(a, alice, bob, 'marker');
      await m.waitFor(({ content }) => content === 'marker');
      expect(contentsOf(m)).toEqual(['marker']);
    }
    await topicCall(url, 'unsubscribe', mallory, topic);
    expect(await subscribers(topic)).toMatchObject({ subscriber_count: 2 });
    await topicCall(url, 'subscribe', mallory, topic);
    const shown = await subscribers(topic);
    expect([shown.subscriber_count, shown.subscribers.sort()]).toEqual([2, [alice.uuid, bob.uuid].sort()]);
    await topicCall(url, 'unsubscribe', mallory, topic);
    const renewed = await register(otherUrl, bob.uuid, 'Bob', bob.token);
    using b = await connect(url, { ...bob, token: (renewed.body as { token: string }).token });
    using a = await connect(otherUrl, alice);
    a.send(toTopic(alice, topic, { content: 'to the subscriber' }));
    await b.waitFor(({ content }) => content === 'to the subscriber');
  });

  test('W0.1: a token of another uuid shows nothing, and each token its own account', async () => {
    const [bob, eve] = [await aDevice(url, 'Bob'), await aDevice(url, 'Eve')];
    const foreign = await register(url, bob.uuid, 'Mallory', eve.token);
    expect([foreign.status, foreign.body]).toMatchObject([200, { uuid: bob.uuid, name: 'Mallory' }]);
    const mallory = { uuid: bob.uuid, name: 'Mallory', token: (foreign.body as { token: string }).token };
    using b = await connect(url, bob);
    using m = await connect(otherUrl, mallory);
    const renamed = await register(otherUrl, bob.uuid, 'Mallory the second', mallory.token);
    expect(renamed.status).toBe(200);
    expect(await clients()).toMatchObject({ [bob.uuid]: 'Bob' });
    expect([b, m].map(({ received }) => received.map(({ uuid, name }) => [uuid, name]))).toEqual([
      [[bob.uuid, 'Bob']],
      [[bob.uuid, 'Mallory']],
    ]);
  });
});
