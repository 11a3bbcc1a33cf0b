import { randomUUID } from 'node:crypto';
import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { unique } from '../clients/http.js';
import { aDevice, connect, direct, register, topicCall, toTopic } from '../clients/swifty.js';
import type { Device } from '../clients/swifty.js';

const number = expect.any(Number);

journey('the swifty socket, row by row', ({ url, otherUrl }) => {
  const subscribed = async (topic: string, ...devices: Device[]): Promise<void> => {
    for (const device of devices) expect((await topicCall(url, 'subscribe', device, topic)).status).toBe(200);
  };
  const aTopic = async (...devices: Device[]): Promise<string> => {
    const topic = unique('my-topic');
    await topicCall(url, 'create', devices[0]!, topic);
    await subscribed(topic, ...devices);
    return topic;
  };

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

  test('a frame that names a key twice is refused and not delivered, however the key is spelled', async () => {
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
