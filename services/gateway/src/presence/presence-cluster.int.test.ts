// Presence in a Redis Cluster of three masters: a key that a script uses and does not declare, or one of another slot, is refused there; and
// a replica takes over when a master is gone.
import { randomUUID } from 'node:crypto';
import { createLog } from '@parley/runtime';
import { eventually } from '@parley/testing';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createThrottle } from '../limits/throttle.js';
import { connectRedis, type SharedRedis } from '../redis.js';
import { type RedisCluster, startRedisCluster } from '../testing/redis-cluster.js';
import { presenceKeys } from './presence-keys.redis.js';
import { device, listOf, presenceCases, somebody } from './presence.suite.js';
import type { Presence, Present } from './presence.js';
import { presenceInRedis } from './presence.redis.js';

const log = createLog({ service: 'test', level: 'silent' });
let cluster: RedisCluster;
let redis: SharedRedis;

beforeAll(async () => {
  cluster = await startRedisCluster();
  redis = connectRedis(cluster.url, log);
  // A busy machine answers late too; after the usual 200 ms a gateway would go on with what it knows itself.
  Object.assign((redis as Cluster).options.redisOptions ?? {}, { commandTimeout: 20_000 });
  await eventually(() => expect(redis.status).toBe('ready'));
}, 60_000);
afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
});

const aRealm = (): string => `r${randomUUID().slice(0, 8)}`;
const nodesOf = (realm: string) => cluster.nodesOf(presenceKeys({ isCluster: true }).gateways(realm));
const masterPortOf = async (realm: string): Promise<number> => (await nodesOf(realm)).master.port;

/** One realm on each of the three masters. */
const realmsOfMasters = async (): Promise<string[]> => {
  const found = new Map<number, string>();
  while (found.size < 3) {
    const realm = aRealm();
    found.set(await masterPortOf(realm), realm);
  }
  return [...found.values()];
};

describe('presence in a cluster', () => {
  presenceCases(() => presenceInRedis(redis, log));

  test('what one gateway holds, another knows, in realms of every master', async () => {
    const [one, other] = [presenceInRedis(redis, log), presenceInRedis(redis, log)];
    for (const realm of await realmsOfMasters()) {
      const [alice, bob, phone] = [somebody('Alice'), somebody('Bob'), device(1, 'phone')];
      await one.enter(realm, alice);
      await other.enter(realm, bob);
      await other.enter(realm, phone);
      expect(await one.online(realm, [alice.id, bob.id])).toEqual(new Set([alice.id, bob.id]));
      expect(await one.oldestWithHandle(realm, phone.handle)).toBe(phone.id);
      expect(await listOf(one, realm)).toHaveLength(3);
    }
    await Promise.all([one.stop(), other.stop()]);
  });
});

/** Whether two gateways that share this Redis count the registrations of eight networks together. */
const countRegistrations = async (shared: SharedRedis, network: string): Promise<void> => {
  const [throttle, other] = [1, 2].map(() => createThrottle(shared, { registrationsPerAddress: 1 }));
  for (let n = 1; n <= 8; n += 1) {
    await throttle?.admitRegistration(`${network}.${n}`);
    await expect(other?.admitRegistration(`${network}.${n}`)).rejects.toMatchObject({ code: 'rate_limited' });
  }
};

test('registrations are counted in a cluster, whichever master has the address', () =>
  countRegistrations(redis, '198.51.100'));

describe('when a master is gone', () => {
  const times = { leaseMs: 3_000, refreshMs: 100 };
  const connect = async (): Promise<SharedRedis> => {
    const connection = connectRedis(cluster.url, log);
    await eventually(() => expect(connection.status).toBe('ready'));
    return connection;
  };
  const idsOf = (...all: readonly Present[]) => new Set(all.map(({ id }) => id));

  test('realms of the other masters go on; after its replica has taken over its own do, and leases end as before', async () => {
    const [mine, theirs] = [await connect(), await connect()];
    const [one, other, dying] = [redis, mine, theirs].map((each) => presenceInRedis(each, log, times)) as [
      Presence,
      Presence,
      Presence,
    ];
    const [lost = '', kept = ''] = await realmsOfMasters();
    const [alice, bob, carol, dave] = [somebody('Alice'), somebody('Bob'), somebody('Carol'), somebody('Dave')];
    for (const realm of [lost, kept]) {
      await one.enter(realm, alice);
      await dying.enter(realm, carol);
    }
    const { master, replica } = await nodesOf(lost);
    // It takes over only when it runs.
    await replica?.kill('SIGSTOP');
    await master.kill('SIGKILL');

    await other.enter(lost, bob);
    await other.enter(kept, bob);
    expect(await other.online(lost, [...idsOf(alice, bob)])).toEqual(idsOf(bob));
    await eventually(async () =>
      expect(await other.online(kept, [...idsOf(alice, bob, carol)])).toEqual(idsOf(alice, bob, carol)),
    );
    expect(await masterPortOf(lost)).toBe(master.port);

    await replica?.kill('SIGCONT');
    await eventually(async () => expect(await masterPortOf(lost)).toBe(replica?.port), { withinMs: 30_000 });
    await eventually(async () =>
      expect(await other.online(lost, [...idsOf(alice, bob, carol)])).toEqual(idsOf(alice, bob, carol)),
    );
    await other.enter(lost, dave);
    await eventually(async () => expect(await listOf(one, lost)).toHaveLength(4));

    // A gateway dies without a word.
    theirs.disconnect();
    for (const realm of [lost, kept])
      await eventually(async () =>
        expect(await other.online(realm, [...idsOf(alice, bob, carol)])).toEqual(idsOf(alice, bob)),
      );
    let attempts = 0;
    await eventually(() => countRegistrations(mine, `203.0.${(attempts += 1)}`));
    await Promise.all([one, other, dying].map((each) => each.stop()));
    for (const each of [mine, theirs]) each.disconnect();
  }, 90_000);
});
