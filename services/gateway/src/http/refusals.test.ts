import { inProcessBus } from '@parley/bus';
import supertest from 'supertest';
import { afterAll, describe, expect, test } from 'vitest';
import { GatewayConfig, startGateway } from '../gateway.js';
import { detail, givenHttpApp, json } from '../testing/http-app.js';

const app = await givenHttpApp();
afterAll(() => app[Symbol.asyncDispose]());
const { bearer, clock, log, logged, login, send, signIns } = app;

describe('bad input', () => {
  test('that is no JSON, or JSON that is no object, is refused in the wire’s words', async () => {
    for (const body of ['{"username":', '"text"', '42', 'nul']) {
      const answer = await login(body);
      expect([body, answer.status, detail(answer)]).toEqual([body, 422, 'The body is not valid JSON']);
    }
    const v1 = await send('POST', '/v1/sessions', { headers: json, body: '{' });
    expect(v1.status).toBe(400);
    expect(JSON.parse(v1.text)).toMatchObject({ status: 400, reason: 'bad_json' });
  });

  test('with two equal keys is refused, in the wire’s words and on routes that wires share', async () => {
    const words = 'The body holds a key twice';
    for (const body of ['{"username":"a","username":"b","password":"p"}', '{"x":[{"a":1,"\\u0061":2}]}']) {
      const answer = await login(body);
      expect([body, answer.status, detail(answer)]).toEqual([body, 422, words]);
    }
    const shared = await send('POST', '/register', { headers: json, body: '{"uuid":"a","uuid":"b","name":"x"}' });
    expect([shared.status, detail(shared)]).toEqual([422, words]);
    const v1 = await send('POST', '/v1/sessions', { headers: json, body: '{"login":"a","login":"b"}' });
    expect(JSON.parse(v1.text)).toMatchObject({ status: 422, reason: 'repeated_key' });
    expect((await login('{"username":"é","password":"\\"é:\\""}')).status).not.toBe(422);
  });

  test('that is missing or not sent as JSON is named as missing', async () => {
    for (const answer of [await login(''), await login('username=a', { 'content-type': 'text/plain' })]) {
      expect(answer.status).toBe(422);
    }
    // Not an empty object, which would satisfy a schema without required fields.
    for (const length of [{ 'content-length': '0' }, { 'transfer-encoding': 'chunked' }]) {
      const v1 = await send('POST', '/v1/sessions', { headers: { ...json, ...length } });
      expect(JSON.parse(v1.text)).toMatchObject({ status: 422, issues: [{ where: 'body', path: [] }] });
    }
  });

  test('that is too large is 413', async () => {
    const body = JSON.stringify({ username: 'a'.repeat(300 * 1024), password: 'p' });
    expect((await login(body)).status).toBe(413);
    const v1 = await send('POST', '/v1/sessions', { headers: json, body });
    expect(JSON.parse(v1.text)).toMatchObject({ status: 413, reason: 'too_large' });
    // Without a Content-Length header.
    expect((await login(body, { ...json, 'transfer-encoding': 'chunked' })).status).toBe(413);
  });

  test('that is not UTF-8 is 400, in another charset 415', async () => {
    const latin1 = Buffer.from('{"username":"\xe9","password":"p"}', 'latin1');
    expect((await login(latin1)).status).toBe(400);
    expect(JSON.parse((await send('POST', '/v1/sessions', { headers: json, body: latin1 })).text)).toMatchObject({
      status: 400,
      reason: 'bad_encoding',
    });
    for (const charset of ['iso-8859-1', 'utf-16']) {
      expect((await login('{}', { 'content-type': `application/json; charset=${charset}` })).status).toBe(415);
    }
  });

  test('with U+0000 anywhere is refused before anybody is asked', async () => {
    const asked = signIns();
    for (const body of [
      '{"username":"a\\u0000","password":"p"}',
      '{"a\\u0000":{"b":[]},"username":"a","password":"p"}',
    ]) {
      const answer = await login(body);
      expect([answer.status, detail(answer)]).toEqual([422, 'Text must not contain U+0000']);
    }
    expect((await send('GET', '/api/rooms?x=%00', { headers: bearer() })).status).toBe(422);
    expect((await send('GET', '/api/rooms/%00', { headers: bearer() })).status).toBe(400);
    expect(signIns()).toBe(asked);
    // The same six characters after a backslash are only text.
    expect((await login('{"username":"a\\\\u0000","password":"p"}')).status).toBe(401);
  });

  test('in a path that cannot be decoded is 400', async () => {
    for (const path of ['/api/rooms/%zz', '/%', '/nowhere/%c3%28', '/v1/channels/%e0%a4%a']) {
      expect([path, (await send('GET', path)).status]).toEqual([path, 400]);
    }
    expect(JSON.parse((await send('GET', '/v1/%zz')).text)).toMatchObject({ status: 400, reason: 'bad_path' });
  });
});

describe('faults', () => {
  test('of the inside are 500 without a word of it, and logged once with the request id', async () => {
    logged.length = 0;
    const headers = { ...bearer(), 'x-request-id': 'find-me' };
    const answer = await send('GET', '/api/auth/me', { headers });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/secret|Error|at .*\.(js|ts)/);
    expect(logged.filter(({ requestId }) => requestId === 'find-me')).toHaveLength(1);
  });

  test('without and with a bad token are the wire’s own', async () => {
    const none = await send('GET', '/api/rooms');
    expect([none.status, detail(none)]).toEqual([403, 'Not authenticated']);
    const bad = await send('GET', '/api/rooms', { headers: { authorization: 'Bearer nonsense' } });
    expect([bad.status, detail(bad)]).toEqual([401, 'Could not validate credentials']);
    expect((await send('GET', '/v1/me', { headers: bearer() })).status).toBe(401);
  });

  test('of a service that is away are 503 with Retry-After within a second', async () => {
    const own = inProcessBus({ log });
    const alone = await startGateway(GatewayConfig.parse({ PORT: '0' }), { bus: own, log, clock: clock.now });
    // A busy machine may delay one round; a delay in our code would affect every round.
    const tookMs: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const startedAt = performance.now();
      for (const path of ['/api/rooms', '/v1/me', '/.well-known/jwks.json']) {
        const { headers } = await supertest(alone.url).get(path).set(bearer()).expect(503);
        expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
      }
      tookMs.push(performance.now() - startedAt);
    }
    expect(Math.min(...tookMs)).toBeLessThan(1_000);
    await alone.stop();
    await own.drain();
  });

  test('of too many failed sign-ins are 429 with Retry-After, counted by the address that a trusted proxy names', async () => {
    const attempt = (n: number, address: string) =>
      login(JSON.stringify({ username: `user${n}`, password: 'p' }), { ...json, 'x-forwarded-for': address });
    for (let n = 0; n < 100; n += 1) expect((await attempt(n, '203.0.113.7')).status).toBe(401);
    const refused = await attempt(101, '203.0.113.7');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(800);
    for (const same of ['203.0.113.7:40001', '::ffff:cb00:7107', '198.51.100.1, 203.0.113.7, 127.0.0.1:8080']) {
      expect([same, (await attempt(102, same)).status]).toEqual([same, 429]);
    }
    expect((await attempt(103, '203.0.113.8')).status).toBe(401);
  });

  test('of too many new accounts are 429, per address and for every wire', async () => {
    const signUp = (path: string, address: string) =>
      send('POST', path, {
        headers: { ...json, 'x-forwarded-for': address },
        body: '{"username":"a","password":"password123"}',
      });
    for (let n = 0; n < 20; n += 1) expect((await signUp('/api/auth/signup', '203.0.113.9')).status).toBe(400);
    for (const path of ['/api/auth/signup', '/v1/accounts']) {
      const refused = await signUp(path, '203.0.113.9');
      expect([path, refused.status, Number(refused.headers['retry-after']) > 0]).toEqual([path, 429, true]);
    }
    expect((await signUp('/api/auth/signup', '203.0.113.10')).status).toBe(400);
  });
});
