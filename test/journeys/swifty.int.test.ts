import { randomUUID } from 'node:crypto';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { aDevice, connect, direct, register, topicCall, toTopic } from '../clients/swifty.js';
import type { Device } from '../clients/swifty.js';
const clientsAt = async (url: string) =>
  (await ask('GET', `${url}/clients`)).body as { count: number; clients: Record<string, string> };

journey('the swifty wire, row by row', ({ url, otherUrl }) => {
  const subscribed = async (topic: string, ...devices: Device[]): Promise<void> => {
    for (const device of devices) expect((await topicCall(url, 'subscribe', device, topic)).status).toBe(200);
  };
  const aTopic = async (...devices: Device[]): Promise<string> => {
    const topic = unique('my-topic');
    await topicCall(url, 'create', devices[0]!, topic);
    await subscribed(topic, ...devices);
    return topic;
  };

  test('the root lists the endpoints of the old server', async () => {
    const { body } = await ask('GET', `${url}/`, { headers: { accept: 'application/json' } });
    expect(body).toMatchObject({
      message: expect.any(String),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      endpoints: {
        register: '/register',
        websocket: '/ws',
        clients: '/clients',
        topics: '/topics',
        create_topic: '/topics/create',
        subscribe: '/topics/subscribe',
        unsubscribe: '/topics/unsubscribe',
      },
    });
  });

  test('a client registers with a name and a uuid, which comes back in lower case, and exactly four keys', async () => {
    const uuid = randomUUID();
    const { status, body } = await register(url, uuid.toUpperCase(), 'TestClient');
    expect(status).toBe(200);
    expect(body).toEqual({
      token: expect.any(String),
      uuid,
      name: 'TestClient',
      message: 'Registration successful',
    });
    const odd = await register(url, '11111111111111111111' + randomUUID().slice(-12), 'Odd');
    expect([odd.status, (odd.body as { uuid: string }).uuid.slice(0, 23)]).toEqual([200, '11111111-1111-1111-1111']);
  });

  test.each([
    ['no uuid', { name: 'x' }, 'uuid'],
    ['no name', { uuid: randomUUID() }, 'name'],
    ['a uuid that is none', { name: 'x', uuid: 'client-uuid' }, 'uuid'],
  ])('registering with %s is 422 with a list', async (_, body, key) => {
    const answer = await ask('POST', `${url}/register`, { body });
    expect(answer.status).toBe(422);
    expect((answer.body as { detail: { loc: string[] }[] }).detail[0]?.loc).toEqual(['body', key]);
  });

  test('clients are those connected, by uuid and name, on any gateway', async () => {
    const [alice, bob, absent] = [await aDevice(url, 'Alice'), await aDevice(url, 'Bob'), await aDevice(url, 'Carol')];
    using a = await connect(url, alice);
    using b = await connect(otherUrl, bob);
    for (const at of [url, otherUrl]) {
      const { count, clients } = await clientsAt(at);
      expect(clients).toMatchObject({ [alice.uuid]: 'Alice', [bob.uuid]: 'Bob' });
      expect(clients).not.toHaveProperty(absent.uuid);
      expect(count).toBe(Object.keys(clients).length);
    }
    a.close();
    await eventually(async () => expect((await clientsAt(otherUrl)).clients).not.toHaveProperty(alice.uuid));
    b.send(direct(bob, bob));
    await b.waitFor('sent');
    expect((await clientsAt(url)).clients).toHaveProperty(bob.uuid);
  });

  test('topics: created, listed, shown, subscribed, unsubscribed', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    const topic = unique('my-room');
    const metadata = { description: 'My awesome room' };
    const made = await topicCall(url, 'create', alice, topic, { metadata });
    expect([made.status, made.body]).toEqual([
      200,
      { message: 'Topic created successfully', topic_id: topic, creator: alice.uuid },
    ]);
    const again = await topicCall(url, 'create', bob, topic);
    expect([again.status, again.body]).toEqual([400, { detail: 'Topic already exists' }]);
    const shown = async () => (await ask('GET', `${otherUrl}/topics/${topic}`)).body;
    const empty = { id: topic, creator: alice.uuid, metadata, subscriber_count: 0 };
    expect(await shown()).toEqual({ ...empty, subscribers: [] });
    for (let n = 0; n < 2; n += 1) {
      const joined = await topicCall(url, 'subscribe', bob, topic);
      expect([joined.status, joined.body]).toEqual([
        200,
        { message: 'Subscribed successfully', topic_id: topic, client_uuid: bob.uuid },
      ]);
    }
    expect(await shown()).toEqual({ ...empty, subscriber_count: 1, subscribers: [bob.uuid] });
    const list = (await ask('GET', `${url}/topics`)).body as { count: number; topics: { id: string }[] };
    expect(list.count).toBe(list.topics.length);
    expect(list.topics.find(({ id }) => id === topic)).toEqual({ ...empty, subscriber_count: 1 });
    for (const name of [topic, unique('nothing')]) {
      const left = await topicCall(url, 'unsubscribe', bob, name);
      expect([left.status, left.body]).toEqual([
        200,
        { message: 'Unsubscribed successfully', topic_id: name, client_uuid: bob.uuid },
      ]);
    }
    expect(await shown()).toEqual({ ...empty, subscribers: [] });
  });

  test('topics say no in the old words', async () => {
    const alice = await aDevice(url);
    const nothing = unique('nothing');
    const unknown = await ask('GET', `${url}/topics/${nothing}`);
    expect([unknown.status, unknown.body]).toEqual([404, { detail: 'Topic not found' }]);
    const missing = await topicCall(url, 'subscribe', alice, nothing);
    expect([missing.status, missing.body]).toEqual([404, { detail: 'Topic not found' }]);
    for (const verb of ['create', 'subscribe', 'unsubscribe']) {
      const bad = await topicCall(url, verb, { ...alice, token: 'nonsense' }, nothing);
      expect([bad.status, bad.body]).toEqual([401, { detail: 'Invalid token' }]);
      const none = await ask('POST', `${url}/topics/${verb}`, { body: { topic_id: nothing } });
      expect(none.status).toBe(422);
      expect((none.body as { detail: { loc: string[] }[] }).detail[0]?.loc).toEqual(['query', 'token']);
      expect((await topicCall(url, verb, alice, '')).status).toBe(422);
      expect((await topicCall(url, verb, alice, 'x'.repeat(101))).status).toBe(422);
    }
    const called = await topicCall(url, 'create', alice, `${unique('create')} subscribe`);
    expect(called.status).toBe(200);
  });

  test('W0.1: whoever shows an earlier token is who it was, and may change its name', async () => {
    const alice = await aDevice(url);
    using a = await connect(url, alice);
    const renamed = await register(url, alice.uuid, 'Alicia', alice.token);
    expect([renamed.status, renamed.body]).toMatchObject([200, { uuid: alice.uuid, name: 'Alicia' }]);
    const inQuery = await ask('POST', `${url}/register?token=${alice.token}`, {
      body: { name: 'Alicia', uuid: alice.uuid },
    });
    expect(inQuery.status).toBe(200);
    a.close();
  });

  test('W0.1: with an earlier token a device keeps its subscriptions, and without one nobody ends them', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    const topic = await aTopic(alice, bob);
    const subscribers = async () =>
      ((await ask('GET', `${url}/topics/${topic}`)).body as { subscribers: string[] }).subscribers;
    expect((await register(url, bob.uuid, 'Bob', bob.token)).status).toBe(200);
    expect(await subscribers()).toHaveLength(2);
    expect((await register(url, bob.uuid, 'Bob')).status).toBe(200);
    expect(await subscribers()).toHaveLength(2);
  });

  test('W0.2: the newest socket receives, the older one may still send, and its close takes nobody along', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    const topic = await aTopic(alice, bob);
    using a = await connect(url, alice);
    using older = await connect(url, bob);
    using newer = await connect(otherUrl, bob);
    a.send(direct(alice, bob, { content: 'to the newer' }));
    a.send(toTopic(alice, topic, { content: 'in the topic' }));
    await newer.waitFor(({ content }) => content === 'to the newer');
    await newer.waitFor(({ content }) => content === 'in the topic');
    expect(await a.waitFor('topic_sent')).toMatchObject({ message: 'Message sent to 1 subscribers' });
    older.send(direct(bob, alice, { content: 'from the older' }));
    await older.waitFor('sent');
    await a.waitFor(({ content }) => content === 'from the older');
    expect(older.received.map(({ type }) => type)).toEqual(['connection', 'sent']);
    older.close();
    await older.closed;
    expect((await clientsAt(url)).clients).toHaveProperty(bob.uuid);
    a.send(direct(alice, bob, { content: 'again' }));
    await newer.waitFor(({ content }) => content === 'again');
  });

  test('W0.2: when the newer socket is gone, the older one receives again', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    using older = await connect(url, bob);
    const newer = await connect(url, bob);
    newer.close();
    await newer.closed;
    await eventually(async () => {
      a.send(direct(alice, bob));
      await older.waitFor(({ content }) => content === 'Message content', 200);
    });
  });
});
