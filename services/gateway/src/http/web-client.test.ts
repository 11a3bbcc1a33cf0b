import { inProcessBus } from '@parley/bus';
import { auth } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { fakeClock } from '@parley/testing';
import supertest, { type Test } from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GatewayConfig, startGateway } from '../gateway.js';
import type { Gateway } from '../gateway.js';
import { createTokenAuthority, epoch, serveParts } from '../testing/signers.js';

const log = createLog({ service: 'test', level: 'error' });
const bus = inProcessBus({ log });
const clock = fakeClock(epoch);
let gateway: Gateway;

beforeAll(async () => {
  await serveParts(bus, auth, createTokenAuthority(clock.now).answers);
  gateway = await startGateway(GatewayConfig.parse({ PORT: '0' }), { bus, log, clock: clock.now });
});
afterAll(async () => {
  await gateway.stop();
  await bus.drain();
});

const get = (path: string): Test => supertest(gateway.url).get(path);
const channel = '/app/channels/0f3e2a10-1111-4222-8333-444455556666';

test('the start page leads to the web client first', async () => {
  const { text } = await get('/').set('accept', 'text/html');
  expect(/<li[^>]*><a href="([^"]+)"/.exec(text)?.[1]).toBe('/app/');
  await get('/app').expect(308).expect('location', '/app/');
});

test.each(['/app/', '/app/mentions', channel, `${channel}/pins`])(
  '%s is its page, asked for again each time',
  async (path) => {
    const { text } = await get(path).expect(200).expect('cache-control', 'no-cache');
    expect(text).toContain('<div id="app">');
    expect(text).not.toMatch(/<style| style=| on\w+=|<script(?![^>]* src=)/);
  },
);

test('all that the page names is there, compressed, and assets are kept', async () => {
  const { text } = await get('/app/');
  const files = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(4);
  for (const file of files) {
    const isAsset = file.startsWith('/app/assets/');
    const cached = isAsset ? 'public, max-age=31536000, immutable' : 'public, max-age=0';
    const { headers } = await get(file).set('accept-encoding', 'gzip').expect(200).expect('cache-control', cached);
    if (isAsset)
      expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: expect.stringContaining('Accept-Encoding') });
  }
  const script = files.find((file) => file.endsWith('.js')) ?? '';
  await get(script)
    .set('accept-encoding', 'br')
    .expect('content-encoding', 'br')
    .expect('content-type', /^text\/javascript/);
  const plain = await get(script).set('accept-encoding', 'identity').expect(200);
  expect(plain.headers['content-encoding']).toBeUndefined();
});

test('its service worker may control it, and it may be installed', async () => {
  await get('/app/service-worker.js').expect(200).expect('cache-control', 'public, max-age=0');
  const { body, headers } = await get('/app/manifest.webmanifest').expect('content-type', /manifest\+json/);
  expect(headers['content-security-policy']).toContain("manifest-src 'self'");
  const { icons } = JSON.parse(body instanceof Buffer ? body.toString() : JSON.stringify(body)) as {
    icons: { src: string }[];
  };
  for (const { src } of icons) await get(src).expect(200);
});

test.each([
  '/app/assets/none.js',
  '/app/none',
  '/app/../package.json',
  '/app/assets/..%2f..%2fpackage.json',
  '/app/channelsx',
])('%s does not exist', async (path) => {
  await get(path).expect(404);
});
