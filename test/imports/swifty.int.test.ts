// The swifty wire after its Redis was moved. Expected values follow from the keys.
import { type RunningServer, startRedis } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillSwifty, helper, lamp, sensor, swiftyKeys } from '../../importer/src/testing/swifty-database.js';
import { aDevice, connect, register, topicCall, toTopic } from '../clients/swifty.js';
import { done } from '../clients/http.js';
import { type Imported, openedAnswer, startImported } from './imported.js';

let redis: RunningServer;
let parley: Imported;
beforeAll(async () => {
  redis = await startRedis();
  await fillSwifty(redis.url, swiftyKeys);
  parley = await startImported('swifty', redis.url);
  await openedAnswer('GET', `${parley.url}/topics`);
});
afterAll(async () => {
  await parley.stop();
  await redis.stop();
});

interface Topic {
  readonly id: string;
  readonly creator: string;
  readonly subscriber_count: number;
}

const subscribersOf = async (id: string): Promise<string[]> =>
  (await done<{ subscribers: string[] }>('GET', `${parley.url}/topics/${encodeURIComponent(id)}`)).subscribers.sort();

test('topics have their creators, metadata and subscribers', async () => {
  const { count, topics } = await done<{ count: number; topics: Topic[] }>('GET', `${parley.url}/topics`);
  expect(count).toBe(3);
  expect(topics.map(({ id, creator, subscriber_count }) => [id, creator, subscriber_count]).sort()).toEqual([
    ['empty', sensor, 0],
    ['floor:2:lights', helper, 1],
    ['my-room', lamp, 2],
  ]);
  // As it was written: JavaScript would make another number of it.
  const text = await (await fetch(`${parley.url}/topics/empty`)).text();
  expect(text.replaceAll(' ', '')).toContain('"metadata":{"n":12345678901234567890}');
  expect(await subscribersOf('my-room')).toEqual([lamp, helper]);
  expect(await subscribersOf('floor:2:lights')).toEqual([lamp]);
});

test('the first registration of a device keeps its subscriptions, and it receives what is said there', async () => {
  const { url } = parley;
  const [first, second] = [await aDevice(url, 'Lamp', lamp), await aDevice(url, 'Helper', helper)];
  const [listener, speaker] = [await connect(url, first), await connect(url, second)];
  speaker.send(toTopic(second, 'my-room', { content: 'after the move' }));
  expect(await speaker.waitFor('topic_sent')).toMatchObject({ topic_id: 'my-room' });
  expect(await listener.waitFor(({ topic_id }) => topic_id === 'my-room')).toMatchObject({
    from: helper,
    content: 'after the move',
  });
  for (const { socket } of [listener, speaker]) socket.terminate();
  expect(await subscribersOf('my-room')).toEqual([lamp, helper]);
});

test('a device that shows no earlier token afterwards is another one behind the same uuid', async () => {
  const { url } = parley;
  const known = await aDevice(url, 'Sensor', sensor);
  expect((await topicCall(url, 'subscribe', known, 'empty')).status).toBe(200);
  expect((await register(url, sensor, 'Stranger')).status).toBe(200);
  expect(await subscribersOf('empty')).toEqual([sensor]);
});

test('new devices and topics go on from there, and a topic that is there is taken', async () => {
  const { url } = parley;
  const device = await aDevice(url, 'New');
  expect(await topicCall(url, 'create', device, 'my-room')).toMatchObject({
    status: 400,
    body: { detail: 'Topic already exists' },
  });
  expect(await topicCall(url, 'create', device, 'another')).toMatchObject({ status: 200 });
  expect((await topicCall(url, 'subscribe', device, 'floor:2:lights')).status).toBe(200);
  expect(await subscribersOf('floor:2:lights')).toEqual([lamp, device.uuid].sort());
});
