import { randomUUID } from 'node:crypto';
import { createLog } from '@parley/runtime';
import { eventually, servers, startRedis } from '@parley/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectRedis, type SharedRedis } from '../redis.js';
import { device, listOf, presenceCases, somebody, transitionsOf } from './presence.suite.js';
import type { Present } from './presence.js';
import { presenceInRedis } from './presence.redis.js';

const log = createLog({ service: 'test', level: 'silent' });
const ready = (redis: SharedRedis) => eventually(() => expect(redis.status).toBe('ready'));
/** After the usual 200 ms a gateway answers from what it knows itself, also when only the machine is busy. */
const patientRedis = (): Redis => {
  const redis = connectRedis(servers().redisUrl, log) as Redis;
  redis.options.commandTimeout = 20_000;
  return redis;
};
/** Epoch milliseconds of its clock, which counts leases. */
const nowOf = async (redis: Redis): Promise<number> => {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
};
const aRealm = () => `r${randomUUID().slice(0, 8)}`;

describe('presence over Redis', () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = patientRedis();
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
    expect(await listOf(other, realm)).toEqual(expect.arrayContaining([alice, bob]));
    await one.leave(realm, alice.id);
    expect(await listOf(other, realm)).toEqual([bob]);
    await one.stop();
    await other.stop();
  });

  test('an account at two gateways stays until it left both', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const [realm, alice] = [aRealm(), somebody()];
    await one.enter(realm, alice);
    await other.enter(realm, alice);
    await one.leave(realm, alice.id);
    expect(await one.online(realm, [alice.id])).toEqual(new Set([alice.id]));
    await other.leave(realm, alice.id);
    expect(await listOf(one, realm)).toEqual([]);
    await one.stop();
    await other.stop();
  });

  test('the oldest device with a handle is found at whichever gateway it is, and the others are not listed', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const [realm, handle] = [aRealm(), randomUUID()];
    const older = device(1, handle);
    await other.enter(realm, older);
    const younger = Array.from({ length: 1_100 }, (_, n) => device(n + 2, handle));
    await Promise.all(younger.map((each) => one.enter(realm, each)));
    for (const each of [one, other]) {
      expect(await each.oldestWithHandle(realm, handle)).toBe(older.id);
      expect(await listOf(each, realm)).toEqual([older]);
    }
    await other.stop();
    expect(await one.oldestWithHandle(realm, handle)).toBe(younger[0]?.id);
    expect(await listOf(one, realm)).toEqual([younger[0]]);
    await one.stop();
  });

  test('who changes gateways while a list is read is in it once; a gateway of the version before counts', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const realm = aRealm();
    const many = Array.from({ length: 1_100 }, () => somebody());
    await Promise.all(many.map((each) => one.enter(realm, each)));
    // It writes no numbers.
    const before = [somebody('Old'), somebody('Older')].map((who) => ({ ...who, number: 0 }));
    await redis.zadd(`parley:presence:${realm}`, 0, 'before');
    for (const { id, handle, name } of before) {
      await redis.hset(`parley:presence:${realm}:before`, id, JSON.stringify([handle, name]));
    }
    const moving = [...many];
    const seen: Present[] = [];
    for await (const page of other.pages(realm)) {
      seen.push(...page);
      for (const each of moving.splice(0, 550)) {
        await other.enter(realm, each);
        await one.leave(realm, each.id);
      }
    }
    const byId = (a: Present, b: Present) => (a.id < b.id ? -1 : 1);
    expect(seen).toEqual([...many, ...before].sort(byId));
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
    const own = patientRedis();
    await ready(own);
    // Long enough for a refresh that a busy machine delays.
    const times = { leaseMs: 3_000, refreshMs: 100 };
    const [dying, living] = [presenceInRedis(own, log, times), presenceInRedis(redis, log, times)];
    const [realm, alice, bob] = [aRealm(), somebody('Alice'), somebody('Bob')];
    await dying.enter(realm, alice);
    await living.enter(realm, bob);
    const enteredAt = await nowOf(redis);
    own.disconnect();
    await eventually(async () => expect(await listOf(living, realm)).toEqual([bob]));
    // Refreshed when its first lease would have ended.
    const refreshes = async () => (await redis.zrange(`parley:presence:${realm}`, '0', '-1', 'WITHSCORES')).map(Number);
    await eventually(async () => Math.max(...(await refreshes()).filter(isFinite)) > enteredAt + times.leaseMs);
    expect(await listOf(living, realm)).toEqual([bob]);
    await living.stop();
    await dying.stop();
  });

  test('of two gateways that hold an account the state is found once, and is that of both', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const [realm, alice] = [aRealm(), somebody()];
    const seen = [transitionsOf(one), transitionsOf(other)];
    await one.enter(realm, alice);
    await other.enter(realm, alice);
    await Promise.all([one.settle(realm, [alice.id]), other.settle(realm, [alice.id])]);
    expect(seen.flat().map(({ state }) => state)).toEqual(['online']);
    await one.setAway(realm, alice.id, true);
    await one.settle(realm, [alice.id]);
    await other.leave(realm, alice.id);
    await other.settle(realm, [alice.id]);
    expect(
      seen
        .flat()
        .map(({ state }) => state)
        .toSorted(),
    ).toEqual(['away', 'online']);
    // It moves to the other gateway within the grace period.
    await one.leave(realm, alice.id, { away: true });
    await other.enter(realm, alice);
    await Promise.all([one.settle(realm, [alice.id]), other.settle(realm, [alice.id])]);
    expect(
      seen
        .flat()
        .map(({ state }) => state)
        .toSorted(),
    ).toEqual(['away', 'online', 'online']);
    expect((await one.states(realm, [alice.id])).get(alice.id)).toMatchObject({ state: 'online' });
    await one.stop();
    await other.stop();
  });

  test('who was at a dead gateway only is reported by another one, once, with the time when the gateway was last alive', async () => {
    const own = patientRedis();
    await ready(own);
    const times = { leaseMs: 3_000, refreshMs: 100 };
    const dying = presenceInRedis(own, log, times);
    const living = [presenceInRedis(redis, log, times), presenceInRedis(redis, log, times)];
    const [realm, alice, bob, carol] = [aRealm(), somebody('Alice'), somebody('Bob'), somebody('Carol')];
    const many = Array.from({ length: 1_200 }, () => somebody());
    const seen = living.map(transitionsOf);
    for (const each of [alice, bob, ...many]) await dying.enter(realm, each);
    await dying.settle(
      realm,
      [alice, bob, ...many].map(({ id }) => id),
    );
    await Promise.all(living.map((each) => each.enter(realm, carol)));
    // Bob has reconnected.
    await living[0]?.enter(realm, bob);
    const killedAt = Date.now();
    own.disconnect();
    await eventually(() => expect(seen.flat().filter(({ state }) => state === 'offline')).toHaveLength(1_201), {
      withinMs: 20_000,
    });
    const gone = new Set(seen.flat().map(({ accountId }) => accountId));
    expect(gone).toEqual(new Set([alice, ...many].map(({ id }) => id)));
    const state = (await living[1]?.states(realm, [alice.id]))?.get(alice.id);
    expect(state).toMatchObject({ state: 'offline' });
    expect(Math.abs((state?.lastSeenAt ?? 0) - killedAt)).toBeLessThan(2_500);
    await Promise.all([dying, ...living].map((each) => each.stop()));
  });

  test('a gateway that stops takes what it held along at once', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    const [realm, alice] = [aRealm(), somebody()];
    await one.enter(realm, alice);
    await one.stop();
    expect(await listOf(other, realm)).toEqual([]);
    await other.stop();
  });
});

test('a Redis that lost everything is filled again, and what did not change is not unknown for long', async () => {
  const server = await startRedis();
  const [mine, theirs] = [connectRedis(server.url, log), connectRedis(server.url, log)];
  const times = { leaseMs: 2_000, refreshMs: 100 };
  const [one, other] = [presenceInRedis(mine, log, times), presenceInRedis(theirs, log, times)];
  const [realm, alice, bob, carol] = [aRealm(), somebody('Alice'), somebody('Bob'), somebody('Carol')];
  const seen = transitionsOf(one);
  let healed = 0;
  try {
    await Promise.all([ready(mine), ready(theirs)]);
    for (const each of [alice, bob]) await one.enter(realm, each);
    await other.enter(realm, carol);
    await one.settle(realm, [alice.id, bob.id]);
    await other.settle(realm, [carol.id]);
    await server.kill('SIGKILL');
    // Who comes and goes meanwhile is reported at once by the gateway where that happens.
    await one.leave(realm, bob.id);
    await one.settle(realm, [bob.id]);
    expect(seen.map(({ accountId, state }) => [accountId, state])).toEqual([
      [alice.id, 'online'],
      [bob.id, 'online'],
      [bob.id, 'offline'],
    ]);
    expect((await one.states(realm, [alice.id])).get(alice.id)).toMatchObject({ state: 'online' });
    // Of accounts elsewhere nothing is known, which is not the same as offline.
    expect((await one.states(realm, [carol.id])).has(carol.id)).toBe(false);
    one.onHealed(() => void (healed += 1));
    await server.start();
    await eventually(() => expect(healed).toBe(1), { withinMs: 20_000 });
    await eventually(async () => {
      const states = await one.states(realm, [alice.id, bob.id, carol.id]);
      expect([alice, bob, carol].map(({ id }) => states.get(id)?.state)).toEqual(['online', 'offline', 'online']);
    });
  } finally {
    await one.stop();
    await other.stop();
    mine.disconnect();
    theirs.disconnect();
    await server.stop();
  }
});

test('without Redis each gateway knows its own, and publishes it when Redis is back', async () => {
  const server = await startRedis();
  const [mine, theirs] = [connectRedis(server.url, log), connectRedis(server.url, log)];
  const times = { leaseMs: 2_000, refreshMs: 100 };
  const [one, other] = [presenceInRedis(mine, log, times), presenceInRedis(theirs, log, times)];
  const [realm, alice, bob] = [aRealm(), somebody('Alice'), somebody('Bob')];
  const thing = device(2, randomUUID());
  try {
    await Promise.all([ready(mine), ready(theirs)]);
    await one.enter(realm, alice);
    await server.kill('SIGKILL');
    await one.enter(realm, bob);
    await one.enter(realm, thing);
    expect(await one.online(realm, [alice.id, bob.id])).toEqual(new Set([alice.id, bob.id]));
    expect(await one.oldestWithHandle(realm, thing.handle)).toBe(thing.id);
    expect(await other.online(realm, [alice.id])).toEqual(new Set());
    expect(await other.oldestWithHandle(realm, thing.handle)).toBeNull();
    await one.leave(realm, alice.id);
    await server.start();
    await eventually(async () => expect(await listOf(other, realm)).toEqual(expect.arrayContaining([bob, thing])));
    // A gateway that Redis does not answer in time knows its own connections only.
    await eventually(async () => expect(await listOf(other, realm)).toHaveLength(2));
    await eventually(async () => expect(await other.oldestWithHandle(realm, thing.handle)).toBe(thing.id));
  } finally {
    await one.stop();
    await other.stop();
    mine.disconnect();
    theirs.disconnect();
    await server.stop();
  }
});
