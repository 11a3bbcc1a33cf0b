import { randomUUID } from 'node:crypto';
import { createLog } from '@parley/runtime';
import { eventually, servers, startRedis } from '@parley/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectRedis } from '../edge/redis.js';
import { presenceCases, somebody } from './presence.case.js';
import { presenceInRedis } from './presence.redis.js';
import type { Present } from './presence.js';

const log = createLog({ service: 'test', level: 'silent' });
const ready = (redis: Redis) => eventually(() => expect(redis.status).toBe('ready'));
const aRealm = () => `r${randomUUID().slice(0, 8)}`;

describe('presence over Redis', () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = connectRedis(servers().redisUrl, log);
    await ready(redis);
  });
  afterAll(() => redis.disconnect());

  presenceCases(() => presenceInRedis(redis, log));

  test('what one gateway holds, another knows', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const [realm, alice, bob] = [aRealm(), somebody('Alice'), somebody('Bob')];
    await one.enter(realm, alice);
    await other.enter(realm, bob);
    expect(await one.online(realm, [alice.id, bob.id])).toEqual(new Set([alice.id, bob.id]));
    expect(await other.list(realm)).toEqual(expect.arrayContaining([alice, bob]));
    await one.leave(realm, alice.id);
    expect(await other.list(realm)).toEqual([bob]);
    await one.stop();
    await other.stop();
  });

  test('the oldest device with a handle is found at whichever gateway it is', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const realm = aRealm();
    const [older, younger] = [1, 2].map((number) => ({ ...somebody(), number, handle: 'h' })) as [Present, Present];
    await one.enter(realm, younger);
    await other.enter(realm, older);
    const found = () => Promise.all([one, other].map((each) => each.oldestWithHandle(realm, 'h')));
    expect(await found()).toEqual([older.id, older.id]);
    await other.stop();
    expect(await one.oldestWithHandle(realm, 'h')).toBe(younger.id);
    await one.stop();
  });

  test('an account at two gateways stays until it left both', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const [realm, alice] = [aRealm(), somebody()];
    await one.enter(realm, alice);
    await other.enter(realm, alice);
    await one.leave(realm, alice.id);
    expect(await one.online(realm, [alice.id])).toEqual(new Set([alice.id]));
    await other.leave(realm, alice.id);
    expect(await one.list(realm)).toEqual([]);
    await one.stop();
    await other.stop();
  });

  test('the order of connections is that of Redis, though the clocks of gateways differ by an hour', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const given: number[] = [];
      for (let n = 0; n < 10; n += 1) {
        vi.setSystemTime(Date.UTC(2026, 0, 1) + (n % 2) * 3_600_000);
        given.push(await (n % 2 === 0 ? one : other).nextOrder());
      }
      expect(given).toEqual([...new Set(given)].sort((a, b) => a - b));
    } finally {
      vi.useRealTimers();
      await Promise.all([one.stop(), other.stop()]);
    }
  });

  test('what a dead gateway held is gone with its lease, and one that lives keeps it', async () => {
    const own = connectRedis(servers().redisUrl, log);
    await ready(own);
    const times = { leaseMs: 400, refreshMs: 100 };
    const [dying, living] = [presenceInRedis(own, log, times), presenceInRedis(redis, log, times)];
    const [realm, alice, bob] = [aRealm(), somebody('Alice'), somebody('Bob')];
    await dying.enter(realm, alice);
    await living.enter(realm, bob);
    own.disconnect();
    await eventually(async () => expect(await living.list(realm)).toEqual([bob]));
    const since = Date.now();
    await eventually(() => expect(Date.now() - since).toBeGreaterThan(500));
    expect(await living.list(realm)).toEqual([bob]);
    await living.stop();
    await dying.stop();
  });

  test('a gateway that stops takes what it held along at once', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const [realm, alice] = [aRealm(), somebody()];
    await one.enter(realm, alice);
    await one.stop();
    expect(await other.list(realm)).toEqual([]);
    await other.stop();
  });
});

test('without Redis each gateway knows its own, and tells it when Redis is back', async () => {
  const server = await startRedis();
  const [mine, theirs] = [connectRedis(server.url, log), connectRedis(server.url, log)];
  const times = { leaseMs: 2_000, refreshMs: 100 };
  const [one, other] = [presenceInRedis(mine, log, times), presenceInRedis(theirs, log, times)];
  const [realm, alice, bob] = [aRealm(), somebody('Alice'), somebody('Bob')];
  const thing = { ...somebody('Thing'), handle: 'h' };
  try {
    await Promise.all([ready(mine), ready(theirs)]);
    await one.enter(realm, alice);
    await server.kill('SIGKILL');
    await one.enter(realm, bob);
    await one.enter(realm, thing);
    expect(await one.online(realm, [alice.id, bob.id])).toEqual(new Set([alice.id, bob.id]));
    expect(await one.oldestWithHandle(realm, 'h')).toBe(thing.id);
    expect(await other.online(realm, [alice.id])).toEqual(new Set());
    expect(await other.oldestWithHandle(realm, 'h')).toBeNull();
    await one.leave(realm, alice.id);
    await server.start();
    await eventually(async () => expect(await other.list(realm)).toEqual(expect.arrayContaining([bob, thing])));
    expect(await other.list(realm)).toHaveLength(2);
    expect(await other.oldestWithHandle(realm, 'h')).toBe(thing.id);
  } finally {
    await one.stop();
    await other.stop();
    mine.disconnect();
    theirs.disconnect();
    await server.stop();
  }
});
