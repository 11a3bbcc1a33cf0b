import { request as httpRequest } from 'node:http';
import { inProcessBus } from '@parley/bus';
import { topics, chat, auth } from '@parley/contracts';
import type { AccountId } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually, fakeClock } from '@parley/testing';
import supertest, { type Response, type Test } from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayConfig, startGateway } from '../gateway.js';
import type { Gateway } from '../gateway.js';
import { claimsOf, createTokenAuthority, epoch, serveParts, sign } from '../testing/signers.js';
import { TokenBuckets, createRequestBudgets } from './request-budgets.js';

describe('a budget', () => {
  test('lets a burst pass, then what flows in, and says when to come back', () => {
    let now = 0;
    const buckets = new TokenBuckets({ perSecond: 10, burst: 3 }, () => now);
    expect([1, 2, 3].map(() => buckets.take('a'))).toEqual([null, null, null]);
    expect(buckets.take('a')).toBe(100);
    now = 50;
    expect(buckets.take('a')).toBe(50);
    now = 100;
    expect([buckets.take('a'), buckets.take('a')]).toEqual([null, 100]);
    expect(buckets.take('b')).toBeNull();
    now = 1_000_000;
    expect([1, 2, 3].map(() => buckets.take('a'))).toEqual([null, null, null]);
    expect(buckets.take('a')).not.toBeNull();
    buckets.giveBack('a');
    expect(buckets.take('a')).toBeNull();
  });

  test('remembers a bounded number of keys, and forgets the one that was idle for longest', () => {
    const buckets = new TokenBuckets({ perSecond: 0.001, burst: 1 }, () => 0, 100);
    buckets.take('busy');
    for (let n = 0; n < 10_000; n += 1) {
      buckets.take(`address ${n}`);
      expect(buckets.take('busy')).not.toBeNull();
    }
    expect(buckets.size).toBe(100);
  });

  test('forgets a key whose budget is full again, and no other', async () => {
    const buckets = new TokenBuckets({ perSecond: 100, burst: 2 });
    const slow = new TokenBuckets({ perSecond: 0.001, burst: 2 });
    for (const each of [buckets, slow]) each.take('a');
    await eventually(() => expect(buckets.size).toBe(0));
    expect(slow.size).toBe(1);
    expect(['a', 'a', 'a'].map((key) => buckets.take(key) === null)).toEqual([true, true, false]);
  });

  test('does not move with the time of day', () => {
    const at = Date.now;
    const buckets = new TokenBuckets({ perSecond: 0.001, burst: 1 });
    try {
      expect(buckets.take('a')).toBeNull();
      Date.now = () => at() + 3_600_000;
      expect(buckets.take('a')).toBeGreaterThan(900_000);
      Date.now = () => at() - 3_600_000;
      expect(buckets.take('a')).toBeLessThanOrEqual(1_000_000);
    } finally {
      Date.now = at;
    }
  });

  test('of an address is that of its network; loopback has none', () => {
    const one = { perSecond: 0.001, burst: 1 };
    const budgets = createRequestBudgets({ account: one, address: one, credentials: one });
    budgets.chargeAddress('2001:db8:1:2::1');
    expect(() => budgets.chargeAddress('2001:db8:1:2:9::1')).toThrow(
      expect.objectContaining({ code: 'rate_limited', reason: 'too_many_requests' }),
    );
    budgets.chargeAddress('2001:db8:1:3::1');
    budgets.chargeCredentials('2001:db8:1:2::1');
    for (let n = 0; n < 3; n += 1) for (const own of ['127.0.0.1', '127.1.2.3', '::1']) budgets.chargeAddress(own);
    budgets.chargeAccount('ada' as AccountId);
    expect(() => budgets.chargeAccount('ada' as AccountId)).toThrow();
  });
});

describe('requests', () => {
  const log = createLog({ service: 'test', level: 'silent' });
  const bus = inProcessBus({ log });
  const clock = fakeClock(epoch);
  const authority = createTokenAuthority(clock.now);
  let gateway: Gateway;
  let issued = 0;

  beforeAll(async () => {
    const count = (): Promise<never> => {
      issued += 1;
      return Promise.reject(new Error('Not in this test'));
    };
    await serveParts(bus, auth, {
      ...authority.answers,
      'account.find': () => Promise.resolve(device),
      'token.issue': count,
      'token.refresh': count,
      'ticket.issue': count,
    });
    await serveParts(bus, topics, { 'channel.list': () => Promise.resolve({ channels: [], next: null }) });
    await serveParts(bus, chat, { 'channel.summaries': () => Promise.resolve([]) });
    // Nothing flows in while these tests run, however long a request takes.
    const [perSecond, env] = [0.001, { PORT: '0', PARLEY_TRUSTED_PROXIES: '127.0.0.0/8' }];
    const requests = {
      account: { perSecond, burst: 5 },
      address: { perSecond, burst: 20 },
      credentials: { perSecond, burst: 3 },
    };
    const config = { ...GatewayConfig.parse(env), requests };
    gateway = await startGateway(config, { bus, log, clock: clock.now });
  });
  afterAll(async () => {
    await gateway.stop();
    await bus.drain();
  });

  const device = {
    id: '00000000-0000-4000-8000-000000000001',
    number: 1,
    realm: 'swifty',
    kind: 'device',
    username: null,
    email: null,
    handle: '00000000-0000-4000-8000-000000000009',
    name: 'a device',
    firstName: null,
    lastName: null,
    publicKey: null,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  const headers = (from: string, more: Record<string, string> = {}) => ({ 'x-forwarded-for': from, ...more });
  const get = (path: string, from: string, more: Record<string, string> = {}): Test =>
    supertest(gateway.url).get(path).set(headers(from, more));
  const post = (path: string, from: string, body: object, more: Record<string, string> = {}): Test =>
    supertest(gateway.url).post(path).set(headers(from, more)).send(body);
  const bearer = (changes: Record<string, unknown> = {}) => ({
    authorization: `Bearer ${sign(authority.state.signers[0]!, claimsOf(changes))}`,
  });
  const isRefused = ({ status, headers: given }: Response): boolean =>
    status === 429 && Number(given['retry-after']) >= 1;

  test('of one address are 429 beyond its budget, on every path and in the words of its wire', async () => {
    const paths = ['/', '/docs', '/openapi.json', '/nowhere', '/v1/me', '/api/rooms', '/topics', '/chat/chat_list'];
    for (let n = 0; n < 20; n += 1) expect((await get(paths[n % paths.length]!, '203.0.113.1')).status).not.toBe(429);
    for (const path of [...paths, '/static/v1.html', '/.well-known/jwks.json', '/wires/mesh/organizations']) {
      const answer = await get(path, '203.0.113.1:40001');
      expect([path, isRefused(answer)]).toEqual([path, true]);
      const body = JSON.parse(answer.text) as Record<string, unknown>;
      if (path.startsWith('/v1/')) {
        expect(answer.headers['content-type']).toContain('application/problem+json');
        expect(body).toMatchObject({ status: 429, code: 'rate_limited', reason: 'too_many_requests' });
      } else expect(body).toEqual({ detail: 'Too many requests; try again later' });
    }
    expect((await get('/health', '203.0.113.1')).status).toBe(200);
    expect((await get('/docs', '203.0.113.2')).status).toBe(200);
  });

  test('of one account are 429 beyond its budget, from whatever address', async () => {
    const ada = bearer({ aud: 'rooms', realm: 'rooms' });
    for (let n = 0; n < 5; n += 1) expect((await get('/api/rooms', `203.0.113.${10 + n}`, ada)).status).toBe(200);
    expect(isRefused(await get('/api/rooms', '203.0.113.20', ada))).toBe(true);
    expect((await get('/api/rooms', '203.0.113.20', bearer({ aud: 'rooms', realm: 'rooms' }))).status).toBe(200);
  });

  test('for a token in the query count as the account’s too', async () => {
    const token = sign(authority.state.signers[0]!, claimsOf({ aud: 'swifty', realm: 'swifty' }));
    const leave = () => post(`/topics/unsubscribe?token=${token}`, '203.0.113.21', { topic_id: 'none' });
    for (let n = 0; n < 5; n += 1) expect((await leave()).status).not.toBe(429);
    expect(isRefused(await leave())).toBe(true);
  });

  test('for tokens and tickets have a budget of their address', async () => {
    const asks: ((from: string) => Test)[] = [
      (from) =>
        post(
          '/register',
          from,
          { name: 'a device', uuid: device.handle },
          bearer({ aud: 'swifty', realm: 'swifty', sub: device.id, hdl: device.handle }),
        ),
      (from) => post('/v1/sessions/refresh', from, { refreshToken: 'x' }),
      (from) => post('/v1/socket-tickets', from, {}, bearer({ aud: 'v1', realm: 'main' })),
      (from) => post('/api/auth/refresh', from, { refresh_token: 'x' }),
      (from) => post('/auth/refresh', from, { refresh_token: 'x' }),
    ];
    for (const [n, ask] of asks.entries()) {
      issued = 0;
      for (let k = 0; k < 3; k += 1) expect((await ask(`203.0.113.${100 + n}`)).status).not.toBe(429);
      const before = issued;
      expect([n, isRefused(await ask(`203.0.113.${100 + n}`)), before]).toEqual([n, true, 3]);
    }
  });

  test('that an address may not make do not wait for their body', async () => {
    for (let n = 0; n < 20; n += 1) await get('/health', '203.0.113.30').then(() => get('/docs', '203.0.113.30'));
    const { port } = new URL(gateway.url);
    const status = await new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { port, method: 'POST', path: '/v1/sessions', headers: headers('203.0.113.30', { 'content-length': '1000' }) },
        (incoming) => {
          resolve(incoming.statusCode);
          outgoing.destroy();
        },
      );
      outgoing.on('error', reject);
      outgoing.write('{');
    });
    expect(status).toBe(429);
  });
});
