import { readFileSync } from 'node:fs';
import { inProcessBus } from '@parley/bus';
import { auth, Fault } from '@parley/contracts';
import { startTelemetry } from '@parley/runtime';
import { eventually } from '@parley/testing';
import supertest from 'supertest';
import { afterAll, describe, expect, test } from 'vitest';
import { GatewayConfig, startGateway } from '../gateway.js';
import { givenHttpApp, json } from '../testing/http-app.js';
import { serveParts } from '../testing/signers.js';

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

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const app = await givenHttpApp();
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await telemetry.shutdown();
});
const { authority, bearer, log, login, send } = app;

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

  test('reveal nothing about the inside, forbid what a page does not need and keep tokens out of caches', async () => {
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
    expect(JSON.parse(other.text)).toMatchObject({ message: 'Parley', version, endpoints: { docs: '/docs' } });
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

test('the flag of a client does not decide what is recorded, unless the operator trusts it', async () => {
  const trusting = await startGateway(GatewayConfig.parse({ PORT: '0', PARLEY_TRUST_CLIENT_SAMPLING: 'true' }), {
    bus: app.bus,
    log,
  });
  try {
    const [distrusted, trusted] = ['1', '2'].map((digit) => digit.repeat(32));
    const ask = (url: string, traceId?: string) =>
      supertest(url).get('/health').set('traceparent', `00-${traceId}-b7ad6b7169203331-00`);
    await ask(trusting.url, trusted);
    await ask(app.url, distrusted);
    const traceIds = () => spans.map((span) => span.spanContext().traceId);
    await eventually(() => traceIds().includes(distrusted ?? ''));
    expect(traceIds()).not.toContain(trusted);
  } finally {
    await trusting.stop();
  }
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
    const { status, headers: answered } = await supertest(app.url).options('/api/rooms').set(headers);
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
    const { status, text, headers } = await supertest(app.url).get(`/wires/${path}`).redirects(0);
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
    await supertest(app.url).post(`/wires/${name}/health`).expect(405);
  }
});
