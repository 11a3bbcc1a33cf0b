import { type RunningServer, startRedis } from '@parley/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fillRedis } from '../../testing/databases.js';
import { lines, readSource, recordsOf } from '../../testing/read-source.js';
import { fillSwifty, helper, lamp, sensor, swiftyKeys } from '../../testing/swifty-database.js';

let server: RunningServer;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  await redis.quit();
  await server.stop();
});
beforeEach(() => redis.flushall());

test('devices, topics and subscriptions, in the order of their ids', async () => {
  await fillSwifty(server.url, swiftyKeys);
  const source = await readSource('swifty', { location: server.url, pageRowsMax: 2 });
  const none = { number: null, username: null, email: null, firstName: null, lastName: null, publicKey: null };
  expect(recordsOf(source, 'account')[0]).toEqual({
    type: 'account',
    sourceId: lamp,
    kind: 'device',
    handle: lamp,
    name: 'Lamp',
    ...none,
    credential: null,
    createdAt: null,
    sessions: [],
  });
  expect(recordsOf(source, 'account').map(({ handle, name }) => [handle, name])).toEqual([
    [lamp, 'Lamp'],
    [helper, 'Helper'],
    [sensor, 'Helper'],
  ]);
  expect(
    recordsOf(source, 'channel').map(({ slug, kind, createdBy, metadataText }) => [
      slug,
      kind,
      createdBy,
      metadataText,
    ]),
  ).toEqual([
    ['empty', 'topic', sensor, '{"n": 12345678901234567890}'],
    ['floor:2:lights', 'topic', helper, '{}'],
    ['my-room', 'topic', lamp, '{"description": "My awesome room", "ratio": 1.0}'],
  ]);
  expect(recordsOf(source, 'member').map(({ channel, account, role }) => [channel, account, role])).toEqual([
    ['floor:2:lights', lamp, 'member'],
    ['my-room', lamp, 'owner'],
    ['my-room', helper, 'member'],
  ]);
  expect(source.findings).toEqual([]);
  expect(source.counts).toMatchObject({ accounts: 3, channels: 3, messages: 0 });
});

test('odd keys are mended, refused or left out', async () => {
  await fillSwifty(server.url, {
    clients: [
      { uuid: lamp, name: '' },
      { uuid: helper, name: 'two\0names' },
    ],
    topics: [
      { id: 'nan', creator: lamp, metadata: '{"a": NaN}', subscribers: [] },
      { id: 'large', creator: lamp, metadata: JSON.stringify({ a: 'x'.repeat(9_000) }), subscribers: [] },
      { id: 't'.repeat(101), creator: lamp, metadata: '{}', subscribers: [] },
      { id: 'of nobody', creator: sensor, metadata: '{}', subscribers: [sensor, lamp] },
    ],
  });
  await fillRedis(server.url, [
    ['sadd', 'topics', 'gone'],
    ['sadd', `client:${lamp}:topics`, 'nan'],
    ['set', `client:${lamp}:metadata`, '{}'],
    ['set', 'client:not-a-uuid', 'x'],
    ['set', `client:${sensor.replace('a', 'b')}`, 'a string'],
  ]);
  const source = await readSource('swifty', { location: server.url });
  expect(lines(source.findings)).toEqual([
    `mended 7 client client:${lamp}: The name cannot be shown: it is the uuid now`,
    `mended 7 client client:${helper}: The name cannot be shown: it is the uuid now`,
    `mended 7 client client:${sensor.replace('a', 'b')}: The name cannot be shown: it is the uuid now`,
    'left_out 8 topic topic:gone: Listed in topics, but there is no such topic',
    'refused 7 topic topic:large: The metadata is above the limit',
    'mended 7 topic topic:nan: The metadata had NaN, Infinity or U+0000: null and U+FFFD now',
    'reported 8 topic topic:of nobody: Its creator is not registered: it has none now',
    `refused 7 topic topic:${'t'.repeat(101)}: The id has more than 100 characters or U+0000`,
    `left_out 8 topic:subscribers ${sensor} in topic:of nobody: Orphaned: there is no such client or topic`,
    `left_out 9 client:topics ${lamp} in topic:nan: Only the client's own list has this topic: the old server sent it nothing`,
  ]);
});

test('reading changes nothing', async () => {
  await fillSwifty(server.url, swiftyKeys);
  const commands = (await redis.info('commandstats')).match(/cmdstat_[^:]+/g)?.sort();
  await redis.config('RESETSTAT');
  await readSource('swifty', { location: server.url });
  const used = (await redis.info('commandstats')).match(/(?<=cmdstat_)[^:]+/g) ?? [];
  expect(commands).toContain('cmdstat_hset');
  expect([...used].sort()).toEqual(
    expect.not.arrayContaining(['set', 'hset', 'sadd', 'srem', 'del', 'hdel', 'expire', 'smembers', 'keys']),
  );
});

test('another database number holds another source', async () => {
  await fillSwifty(`${server.url}/3`, swiftyKeys);
  expect((await readSource('swifty', { location: server.url })).records).toEqual([]);
  expect((await readSource('swifty', { location: `${server.url}/3` })).records).not.toEqual([]);
});

test('a server that does not answer is one sentence', async () => {
  await expect(readSource('swifty', { location: 'redis://127.0.0.1:1' })).rejects.toThrow('Redis cannot be read');
  await expect(readSource('swifty', { location: 'chat.db' })).rejects.toThrow(
    'Expected the address of a Redis database',
  );
});
