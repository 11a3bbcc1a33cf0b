import { randomUUID } from 'node:crypto';
import { eventually, openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey, unique } from './platforms.js';
import { ask } from '../clients/http.js';
import { aDevice, connect, direct, register, topicCall, toTopic } from '../clients/swifty.js';
import type { Device } from '../clients/swifty.js';

const number = expect.any(Number);
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
      version: '1.0.0',
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

  test('a socket is greeted first, on both forms of its path, and with the token in the header', async () => {
    const alice = await aDevice(url);
    const greeting = {
      type: 'connection',
      message: 'Connected successfully',
      uuid: alice.uuid,
      name: 'Alice',
      timestamp: number,
    };
    for (const path of [
      `/ws?token=${alice.token}`,
      `/ws/?token=${alice.token}`,
      `/wires/swifty/ws?token=${alice.token}`,
    ]) {
      using socket = await openSocket(`${url}${path}`);
      expect(await socket.waitFor('connection')).toEqual(greeting);
      expect(socket.received[0]).toEqual(greeting);
    }
    using header = await openSocket(`${url}/ws`, { headers: { authorization: `Bearer ${alice.token}` } });
    expect(await header.waitFor('connection')).toEqual(greeting);
  });

  test('without a token or with a bad one the socket gets an error frame and is closed', async () => {
    using none = await openSocket(`${url}/ws`);
    expect(await none.waitFor('error')).toMatchObject({ message: 'No token provided' });
    expect((await none.closed).code).toBe(4001);
    using bad = await openSocket(`${url}/ws?token=nonsense`);
    expect(await bad.waitFor('error')).toMatchObject({ message: 'Invalid token' });
    expect((await bad.closed).code).toBe(1008);
  });

  test('a direct message is delivered verbatim to its recipient alone, and its sender gets `sent`', async () => {
    const [alice, bob, carol] = [await aDevice(url), await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    using b = await connect(otherUrl, bob);
    using c = await connect(url, carol);
    const text = JSON.stringify(direct(alice, bob)).replace(
      '"msgno":1',
      '"msgno": 1.0, "big": 12345678901234567890123,"x":1,"X":2',
    );
    let raw = '';
    b.socket.on('message', (data: Buffer) => (raw = data.toString()));
    const { msgid } = JSON.parse(text) as { msgid: string };
    a.send(text);
    await b.waitFor((frame) => frame.msgid === msgid);
    expect(raw).toBe(text);
    expect(await a.waitFor('sent')).toEqual({ type: 'sent', message: 'Message delivered', msgid, timestamp: number });
    a.send(direct(alice, carol, { content: 'the end' }));
    await c.waitFor(({ content }) => content === 'the end');
    await a.waitFor('sent');
    expect(c.received.filter(({ content }) => content === 'Message content')).toEqual([]);
    expect(a.received.map(({ type }) => type)).toEqual(['connection', 'sent', 'sent']);
  });

  test('a frame that names a key twice is refused and reaches nobody, however the key is spelled', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    using b = await connect(otherUrl, bob);
    const message = direct(alice, bob);
    for (const more of ['"to":"x"', '"t\\u006f":"x"', '"further":[{"key":1,"key":1}]']) {
      a.send(JSON.stringify(message).replace('{', `{${more},`));
      const words = 'Invalid message format: a key is there twice';
      expect(await a.waitFor('error')).toMatchObject({ message: words, msgid: message.msgid });
    }
    a.send(direct(alice, bob, { content: 'the end' }));
    await b.waitFor(({ content }) => content === 'the end');
    expect(b.received).toHaveLength(2);
  });

  test('who is not connected, or nobody at all, is not reached', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    for (const uuid of [bob.uuid, randomUUID()]) {
      const message = direct(alice, { uuid });
      a.send(message);
      expect(await a.waitFor('error')).toEqual({
        type: 'error',
        message: `Recipient ${uuid} not connected`,
        msgid: message.msgid,
        timestamp: number,
      });
    }
  });

  test('a message to oneself is delivered, binary frames are text', async () => {
    const alice = await aDevice(url);
    using a = await connect(url, alice);
    const message = direct(alice, alice);
    a.socket.send(Buffer.from(JSON.stringify(message)));
    await a.waitFor('sent');
    expect(await a.waitFor(({ msgid, type }) => msgid === message.msgid && type === undefined)).toEqual(message);
  });

  test('messages of one sender arrive in their order, whatever they are', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    using b = await connect(otherUrl, bob);
    for (let msgno = 1; msgno <= 40; msgno += 1) a.send(direct(alice, bob, { msgno }));
    await b.waitFor(({ msgno }) => msgno === 40);
    expect(b.received.slice(1).map(({ msgno }) => msgno)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  });

  test('a topic message goes verbatim to every subscriber but its sender, and the sender gets their number', async () => {
    const [alice, bob, carol, dave] = [await aDevice(url), await aDevice(url), await aDevice(url), await aDevice(url)];
    const topic = await aTopic(alice, bob, carol, dave);
    using a = await connect(url, alice);
    using b = await connect(url, bob);
    using c = await connect(otherUrl, carol);
    const message = toTopic(alice, topic, { extra: { deep: [1] } });
    a.send(message);
    expect(await b.waitFor(({ topic_id }) => topic_id === topic)).toEqual(message);
    expect(await c.waitFor(({ topic_id }) => topic_id === topic)).toEqual(message);
    expect(await a.waitFor('topic_sent')).toEqual({
      type: 'topic_sent',
      message: 'Message sent to 2 subscribers',
      topic_id: topic,
      msgid: message.msgid,
      timestamp: number,
    });
    expect(a.received.map(({ type }) => type)).toEqual(['connection', 'topic_sent']);
  });

  test('the defaults of a topic message may be left out', async () => {
    const alice = await aDevice(url);
    const topic = await aTopic(alice);
    using a = await connect(url, alice);
    const { action, event, status, msgno, ...required } = toTopic(alice, topic);
    a.send(required);
    expect(await a.waitFor('topic_sent')).toMatchObject({ message: 'Message sent to 0 subscribers' });
    expect([action, event, status, msgno]).toEqual(['topic_message', '', 'sent', 1]);
  });

  test('a subscription made while connected is received at once, and one that was ended no more', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    const topic = await aTopic(alice);
    using a = await connect(url, alice);
    using b = await connect(otherUrl, bob);
    await subscribed(topic, bob);
    a.send(toTopic(alice, topic, { content: 'first' }));
    await b.waitFor(({ content }) => content === 'first');
    expect(await a.waitFor('topic_sent')).toMatchObject({ message: 'Message sent to 1 subscribers' });
    await topicCall(url, 'unsubscribe', bob, topic);
    a.send(toTopic(alice, topic, { content: 'second' }));
    expect(await a.waitFor('topic_sent')).toMatchObject({ message: 'Message sent to 0 subscribers' });
    a.send(direct(alice, bob, { content: 'the end' }));
    await b.waitFor(({ content }) => content === 'the end');
    expect(b.received.some(({ content }) => content === 'second')).toBe(false);
  });

  test('subscriptions outlive a disconnect', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    const topic = await aTopic(alice, bob);
    const first = await connect(url, bob);
    first.close();
    await first.closed;
    using a = await connect(url, alice);
    using b = await connect(otherUrl, bob);
    a.send(toTopic(alice, topic));
    await b.waitFor(({ topic_id }) => topic_id === topic);
  });

  test('what is wrong with a frame is said in the documented order, and the connection stays', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    const theirs = await aTopic(bob);
    using a = await connect(url, alice);
    const errorOf = async (frame: string | Readonly<Record<string, unknown>>) => {
      a.send(frame);
      const { type, message, timestamp, ...rest } = await a.waitFor('error');
      const msgid = typeof frame === 'string' ? undefined : frame['msgid'];
      expect([type, timestamp, rest]).toEqual(['error', number, msgid === undefined ? {} : { msgid }]);
      return message;
    };
    expect(await errorOf('{')).toBe('Invalid JSON format');
    expect(await errorOf('[]')).toMatch(/^Invalid message format: /);
    expect(await errorOf({ ...direct(bob, alice), msgno: undefined })).toBe('Invalid message format: missing msgno');
    expect(await errorOf({ ...direct(bob, alice), to: 'recipient-uuid' })).toMatch(/^Invalid message format: .*to/);
    expect(await errorOf({ ...toTopic(bob, theirs), content: undefined })).toBe(
      'Invalid topic message format: missing content',
    );
    const notOwn = 'Sender UUID does not match authenticated client';
    expect(await errorOf(direct(bob, alice))).toBe(notOwn);
    expect(await errorOf(toTopic(bob, unique('nothing')))).toBe(notOwn);
    const nothing = unique('nothing');
    expect(await errorOf(toTopic(alice, nothing))).toBe(`Topic ${nothing} not found`);
    expect(await errorOf(toTopic(alice, theirs))).toBe(`Not subscribed to topic ${theirs}`);
    a.send(direct(alice, alice, { content: 'still here' }));
    await a.waitFor(({ content }) => content === 'still here');
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

  test('W0.5: frames, metadata and names have a bound', async () => {
    const alice = await aDevice(url);
    const big = await topicCall(url, 'create', alice, unique('big'), { metadata: { text: 'x'.repeat(5_000) } });
    expect(big.status).toBe(422);
    using a = await connect(url, alice);
    a.send(direct(alice, alice, { content: 'x'.repeat(16_385) }));
    expect(await a.waitFor('error')).toMatchObject({ message: 'Invalid message format: not as expected: content' });
    a.send('x'.repeat(300_000));
    expect((await a.closed).code).toBe(1009);
    expect((await register(url, randomUUID(), 'x'.repeat(255))).status).toBe(422);
  });

  test('W0.6: the error of a wrong frame is in our own words', async () => {
    const alice = await aDevice(url);
    using a = await connect(url, alice);
    a.send({ ...direct(alice, alice), timestamp: 'yesterday', acknowledge: {}, subject: undefined });
    expect(await a.waitFor('error')).toMatchObject({
      message: 'Invalid message format: missing subject; not as expected: timestamp, acknowledge',
    });
  });
});
