import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { inProcessBus } from '@parley/bus';
import { auth, chat, Fault, topics } from '@parley/contracts';
import { createLog, startTelemetry } from '@parley/runtime';
import { eventually, fakeClock } from '@parley/testing';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayConfig, startGateway } from '../gateway.js';
import type { Gateway } from '../gateway.js';
import { claimsOf, createTokenAuthority, epoch, serveParts, sign } from '../testing/signers.js';

const logged: { readonly msg: string; readonly requestId?: string }[] = [];
const log = createLog({
  service: 'test',
  level: 'error',
  destination: { write: (line: string) => void logged.push(JSON.parse(line) as (typeof logged)[number]) },
});
const bus = inProcessBus({ log });
const clock = fakeClock(epoch);
const authority = createTokenAuthority(clock.now);
const room = {
  id: '00000000-0000-4000-8000-000000000001',
  number: 1,
  realm: 'rooms',
  kind: 'room',
  slug: null,
  title: 'General',
  metadata: {},
  metadataText: null,
  membershipVersion: 0,
  createdBy: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  closedAt: null,
};
let gateway: Gateway;
let signIns = 0;

interface RecordedSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  spanContext(): { readonly traceId: string };
}
const spans: RecordedSpan[] = [];
const telemetry = await startTelemetry({
  service: 'test',
  instanceId: 'test',
  sampleRatio: 1,
  exporter: {
    export: (ended, done) => {
      spans.push(...ended);
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  },
});

beforeAll(async () => {
  await serveParts(bus, auth, {
    ...authority.answers,
    'token.signIn': () => {
      signIns += 1;
      return Promise.reject(new Fault('unauthenticated', 'wrong_credentials', 'No'));
    },
    'account.register': () => Promise.reject(new Fault('conflict', 'username_taken', 'No')),
    'account.me': () => Promise.reject(new Error('secret of the inside')),
  });
  await serveParts(bus, topics, { 'channel.list': () => Promise.resolve({ channels: [room], next: null }) });
  await serveParts(bus, chat, { 'channel.summaries': () => Promise.resolve([]) });
  const config = GatewayConfig.parse({
    PORT: '0',
    PARLEY_TRUSTED_PROXIES: '127.0.0.0/8',
    PARLEY_REGISTRATIONS_PER_ADDRESS: '20',
    PARLEY_CORS_ORIGINS: 'http://localhost:3000,https://app.example.com',
  });
  gateway = await startGateway(config, { bus, log, clock: clock.now });
});
afterAll(async () => {
  await gateway.stop();
  await bus.drain();
  await telemetry.shutdown();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends exactly these bytes; supertest would tidy the path and the headers. */
const send = (
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest({ port: gateway.port, method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
const json = { 'content-type': 'application/json' };
const detail = (answer: Answer): unknown => (JSON.parse(answer.text) as { detail: unknown }).detail;
const bearer = () => ({ authorization: `Bearer ${sign(authority.state.signers[0]!, claimsOf())}` });
const login = (body: string | Buffer, headers: Record<string, string> = json) =>
  send('POST', '/api/auth/login', { headers, body });

describe('what is not there', () => {
  test('is 404 in the words of the wire whose path it resembles', async () => {
    const old = await send('GET', '/nowhere');
    expect([old.status, old.text]).toEqual([404, '{"detail":"Not Found"}']);
    expect((await send('GET', '/api/nowhere')).text).toBe('{"detail":"Not Found"}');
    for (const path of ['/v1/nowhere', '/wires/v1/nowhere']) {
      const answer = await send('GET', path);
      expect(answer.status).toBe(404);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(JSON.parse(answer.text)).toMatchObject({ status: 404, reason: 'path_not_found' });
    }
  });

  test('is 405 with Allow when only the method is wrong', async () => {
    const answer = await send('DELETE', '/api/rooms');
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD, POST, OPTIONS');
    expect(answer.text).toBe('{"detail":"Method Not Allowed"}');
    expect((await send('PUT', '/wires/rooms/api/auth/login')).headers.allow).toBe('POST, OPTIONS');
    const v1 = await send('PATCH', '/v1/sessions');
    expect(JSON.parse(v1.text)).toMatchObject({ status: 405, reason: 'method_not_allowed' });
    expect((await send('POST', '/health')).status).toBe(405);
    // `refresh` is another resource than `/v1/sessions/:id`, whose id is a UUID.
    const fixed = await send('DELETE', '/v1/sessions/refresh');
    expect([fixed.status, fixed.headers.allow]).toEqual([405, 'POST, OPTIONS']);
    expect((await send('DELETE', '/wires/v1/v1/sessions/refresh')).status).toBe(405);
  });

  test('never runs into a file outside the public folder', async () => {
    for (const path of ['/static/../package.json', '/static/%2e%2e/package.json', '/static/..%2fpackage.json']) {
      expect((await send('GET', path)).status).toBeGreaterThanOrEqual(400);
    }
  });
});

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
    const asked = signIns;
    for (const body of [
      '{"username":"a\\u0000","password":"p"}',
      '{"a\\u0000":{"b":[]},"username":"a","password":"p"}',
    ]) {
      const answer = await login(body);
      expect([answer.status, detail(answer)]).toEqual([422, 'Text must not contain U+0000']);
    }
    expect((await send('GET', '/api/rooms?x=%00', { headers: bearer() })).status).toBe(422);
    expect((await send('GET', '/api/rooms/%00', { headers: bearer() })).status).toBe(400);
    expect(signIns).toBe(asked);
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

describe('headers', () => {
  test('a preflight is answered for any origin, method and header, without credentials, to be kept', async () => {
    const { status, headers } = await send('OPTIONS', '/api/rooms', {
      headers: {
        origin: 'https://example.org',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '7200',
    });
    expect(headers['access-control-allow-methods']).toContain('DELETE');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    expect((await send('GET', '/api/rooms')).headers['access-control-allow-origin']).toBe('*');
  });

  test('tell nothing about the inside, forbid what a page does not need and keep tokens out of caches', async () => {
    const { headers } = await login('{"username":"a","password":"p"}');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('no-store');
    expect((await send('GET', '/static/parley.css')).headers['cache-control']).toBe('public, max-age=0');
    const policy = (await send('GET', '/docs', { headers: { host: 'chat.example:8000' } })).headers[
      'content-security-policy'
    ];
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self' ws://chat.example:8000 wss://chat.example:8000;");
    expect(policy).not.toContain('unsafe');
  });

  test('a sane request id is kept, another is replaced', async () => {
    const id = async (given: string) =>
      (await send('GET', '/health', { headers: { 'x-request-id': given } })).headers['x-request-id'];
    expect(await id('abc-1:2.3_4')).toBe('abc-1:2.3_4');
    expect(await id('a b"<script>')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await id('x'.repeat(200))).toMatch(/^[0-9a-f-]{36}$/);
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

describe('pages', () => {
  test('/wires/rooms/api/rooms is /api/rooms, with and without a last slash', async () => {
    const headers = bearer();
    const native = await send('GET', '/api/rooms', { headers });
    expect(native.status).toBe(200);
    expect(JSON.parse(native.text)).toMatchObject([{ id: 1, name: 'General' }]);
    for (const path of ['/wires/rooms/api/rooms', '/api/rooms/', '/wires/rooms/api/rooms/']) {
      expect((await send('GET', path, { headers })).text).toBe(native.text);
    }
    expect((await send('GET', '/wires/v1/api/rooms', { headers })).status).toBe(404);
  });

  test('GET / is a page for browsers and JSON for others', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const page = await send('GET', '/', { headers: { accept } });
    expect(page.headers['content-type']).toContain('text/html');
    for (const link of ['/test', '/docs', '/redoc', '/asyncapi.json', '/health'])
      expect(page.text).toContain(`href="${link}"`);
    expect(page.text).not.toMatch(/ on\w+=|<script/);
    const other = await send('GET', '/', { headers: { accept: '*/*' } });
    expect(JSON.parse(other.text)).toMatchObject({ message: 'Parley', version: '1.0.0', endpoints: { docs: '/docs' } });
  });

  test('health is there', async () => {
    expect((await send('GET', '/health')).text).toBe('{"status":"healthy"}');
  });

  test('both documents are served', async () => {
    expect(JSON.parse((await send('GET', '/openapi.json')).text)).toMatchObject({ openapi: '3.1.0' });
    expect(JSON.parse((await send('GET', '/asyncapi.json')).text)).toMatchObject({ asyncapi: '3.1.0' });
  });

  test('the key set is what auth publishes, and no private part of it', async () => {
    const answer = await send('GET', '/.well-known/jwks.json');
    const { keys } = JSON.parse(answer.text) as { keys: Record<string, unknown>[] };
    expect(keys.map(({ kid }) => kid)).toEqual(['one']);
    expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });
});

test('a request is one span named by its route, in the caller’s trace, and the bus continues it', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { ...json, traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  await login('{"username":"a","password":"p"}', headers);
  const ours = () => spans.filter((span) => span.spanContext().traceId === traceId);
  await eventually(() => ours().some(({ name }) => name === 'POST /api/auth/login'));
  expect(ours().map(({ name }) => name)).toContain('call auth.token.signIn');
  const span = ours().find(({ name }) => name === 'POST /api/auth/login');
  expect(span?.attributes).toMatchObject({ 'http.route': '/api/auth/login', 'http.response.status_code': 401 });
  const problem = await send('GET', '/v1/me', { headers: { traceparent: headers.traceparent } });
  expect(JSON.parse(problem.text)).toMatchObject({ status: 401, traceId });
});

test('stopping answers what is in flight, then refuses; a second stop is the first', async () => {
  const own = inProcessBus({ log });
  let release: (() => void) | undefined;
  await serveParts(own, auth, {
    ...authority.answers,
    'token.refresh': async () => {
      await new Promise<void>((resolve) => (release = resolve));
      throw new Fault('unauthenticated', 'refresh_invalid', 'No');
    },
  });
  const alone = await startGateway(GatewayConfig.parse({ PORT: '0' }), { bus: own, log });
  // A supertest request begins when its promise is awaited.
  const answer = supertest(alone.url)
    .post('/api/auth/refresh')
    .send({ refresh_token: 'x' })
    .then(({ status }) => status);
  await eventually(() => release !== undefined);
  const stopped = Promise.all([alone.stop(), alone.stop()]);
  release?.();
  expect(await answer).toBe(401);
  await stopped;
  await expect(supertest(alone.url).get('/health')).rejects.toThrow();
  await own.drain();
});

test('C4: a configured origin may ask with credentials, every other one without', async () => {
  const preflight = async (origin: string) => {
    const headers = {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    };
    const { status, headers: answered } = await supertest(gateway.url).options('/api/rooms').set(headers);
    const of = (name: string) => answered[`access-control-allow-${name}`] ?? null;
    return [status, of('origin'), of('credentials'), answered['vary']?.includes('Origin')];
  };
  for (const origin of ['http://localhost:3000', 'https://app.example.com']) {
    expect(await preflight(origin)).toEqual([204, origin, 'true', true]);
  }
  for (const origin of ['http://localhost:3001', 'https://app.example.com.evil.example', 'null']) {
    expect(await preflight(origin)).toEqual([204, '*', null, true]);
  }
});

test('C15, C20: below its mount every wire has the root, the health and the documentation of its own', async () => {
  const below = async (path: string) => {
    const { status, text, headers } = await supertest(gateway.url).get(`/wires/${path}`).redirects(0);
    return { status, body: text, location: headers['location'] };
  };
  expect(JSON.parse((await below('mesh/')).body)).toMatchObject({ message: 'Signaling Server API', docs: '/docs' });
  expect((await below('mesh')).status).toBe(200);
  expect(JSON.parse((await below('rooms/')).body)).toMatchObject({ message: 'Chat Backend API' });
  expect(JSON.parse((await below('swifty/')).body)).toMatchObject({
    version: '1.0.0',
    endpoints: { register: '/register', websocket: '/ws', create_topic: '/topics/create' },
  });
  expect(await below('conversations/')).toMatchObject({ status: 307, location: '/wires/conversations/docs' });
  // The old server had no root.
  expect((await below('fluent/')).status).toBe(404);
  for (const name of ['swifty', 'rooms', 'mesh', 'fluent', 'conversations', 'v1']) {
    expect(JSON.parse((await below(`${name}/health`)).body)).toEqual({ status: 'healthy' });
    expect(await below(`${name}/docs`)).toMatchObject({
      status: 200,
      body: expect.stringContaining('id="docs"') as string,
    });
    const document = JSON.parse((await below(`${name}/openapi.json`)).body) as {
      servers: unknown;
      paths: Record<string, Record<string, { tags: string[] }>>;
    };
    expect(document.servers).toMatchObject([{ url: `/wires/${name}` }]);
    const tags = Object.values(document.paths).flatMap((path) => Object.values(path).flatMap((each) => each.tags));
    expect(new Set(tags)).toEqual(new Set([name]));
    await supertest(gateway.url).post(`/wires/${name}/health`).expect(405);
  }
});
