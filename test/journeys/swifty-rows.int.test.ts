import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { aDevice, connect, direct, topicCall, toTopic } from '../clients/swifty.js';

journey('what else the swifty wire promised', ({ url, otherUrl }) => {
  test('a topic without metadata has none, one with a slash in its name is no path, and the token comes in the query', async () => {
    const alice = await aDevice(url);
    const topic = unique('plain');
    await topicCall(url, 'create', alice, topic);
    expect((await ask('GET', `${otherUrl}/topics/${topic}`)).body).toMatchObject({ metadata: {}, subscribers: [] });
    const slashed = `${topic}/x`;
    expect((await topicCall(url, 'create', alice, slashed)).status).toBe(200);
    expect((await ask('GET', `${url}/topics/${slashed}`)).body).toEqual({ detail: 'Not Found' });
    const inHeader = await ask('POST', `${url}/topics/subscribe`, { token: alice.token, body: { topic_id: topic } });
    expect(inHeader.status).toBe(422);
    for (const body of [{}, { topic_id: 7 }, { topic_id: topic, metadata: 'x' }]) {
      expect((await ask('POST', `${url}/topics/create?token=${alice.token}`, { body })).status).toBe(422);
    }
  });

  test.each(['create', 'subscribe', 'unsubscribe'])('a topic may be called %s', async (name) => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    expect([200, 400]).toContain((await topicCall(url, 'create', alice, name)).status);
    for (const device of [alice, bob]) expect((await topicCall(url, 'subscribe', device, name)).status).toBe(200);
    expect((await ask('GET', `${url}/topics/${name}`)).body).toMatchObject({ id: name });
    using a = await connect(url, alice);
    using b = await connect(otherUrl, bob);
    const message = toTopic(alice, name);
    a.send(message);
    expect(await b.waitFor(({ msgid }) => msgid === message.msgid)).toEqual(message);
    for (const device of [alice, bob]) await topicCall(url, 'unsubscribe', device, name);
  });

  test('each of the thirteen fields of a direct message is needed, and each of the seven of one to a topic', async () => {
    const alice = await aDevice(url);
    using a = await connect(url, alice);
    const topic = unique('topic');
    const message = direct(alice, alice);
    for (const key of Object.keys(message)) {
      a.send({ ...message, [key]: undefined });
      expect(await a.waitFor('error')).toMatchObject({ message: `Invalid message format: missing ${key}` });
    }
    for (const key of ['from', 'timestamp', 'priority', 'subject', 'msgid', 'content']) {
      a.send({ ...toTopic(alice, topic), [key]: undefined });
      expect(await a.waitFor('error')).toMatchObject({ message: `Invalid topic message format: missing ${key}` });
    }
    a.send({ ...toTopic(alice, topic), topic_id: null });
    expect(await a.waitFor('error')).toMatchObject({
      message: expect.stringMatching(/^Invalid topic message format: /),
    });
  });

  test('a frame sent before the greeting is not lost', async () => {
    const alice = await aDevice(url);
    const message = direct(alice, alice);
    using a = await openSocket(`${url}/ws?token=${alice.token}`, { first: [message] });
    expect(await a.waitFor(({ msgid, type }) => msgid === message.msgid && type === undefined)).toEqual(message);
    expect(a.received[0]).toMatchObject({ type: 'connection' });
  });
});
