import { randomUUID } from 'node:crypto';
import { Fault } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually, servers, startRedis } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectRedis, type SharedRedis } from '../redis.js';
import { anyAddress, throttleCases } from './throttle.suite.js';
import { createThrottle } from './throttle.js';

const log = createLog({ service: 'test', level: 'silent' });
const wrong = (): Promise<never> => Promise.reject(new Fault('unauthenticated', 'wrong_credentials', 'No'));
const right = (): Promise<string> => Promise.resolve('grant');
const ready = (redis: SharedRedis) => eventually(() => expect(redis.status).toBe('ready'));

describe('over Redis', () => {
  let redis: SharedRedis;
  beforeAll(async () => {
    redis = connectRedis(servers().redisUrl, log);
    await ready(redis);
  });
  afterAll(() => redis.disconnect());

  throttleCases((limits) => createThrottle(redis, limits));

  test('what one gateway counts, another knows', async () => {
    const who = { realm: 'rooms', login: randomUUID(), address: anyAddress() };
    const [one, other] = [createThrottle(redis), createThrottle(redis)];
    for (let n = 0; n < 10; n += 1) await expect(one.guardSignIn(who, wrong)).rejects.toBeDefined();
    await expect(other.guardSignIn(who, right)).rejects.toMatchObject({ code: 'rate_limited' });
  });
});

test('while Redis is down or hangs, signing in goes on at once and is still counted', async () => {
  const server = await startRedis();
  const redis = connectRedis(server.url, log);
  const who = () => ({ realm: 'rooms', login: randomUUID(), address: anyAddress() });
  try {
    await ready(redis);
    const throttle = createThrottle(redis);
    await expect(throttle.guardSignIn(who(), right)).resolves.toBe('grant');
    const startedAt = performance.now();
    await server.kill('SIGSTOP');
    await expect(throttle.guardSignIn(who(), right)).resolves.toBe('grant');
    await server.kill('SIGCONT');
    await server.kill('SIGKILL');
    const victim = who();
    for (let n = 0; n < 10; n += 1) await expect(throttle.guardSignIn(victim, wrong)).rejects.toBeDefined();
    await expect(throttle.guardSignIn(victim, right)).rejects.toMatchObject({ code: 'rate_limited' });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await server.start();
    await ready(redis);
    await expect(throttle.guardSignIn(who(), right)).resolves.toBe('grant');
  } finally {
    redis.disconnect();
    await server.stop();
  }
});
