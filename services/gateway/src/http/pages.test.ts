import { readFileSync } from 'node:fs';
import { inProcessBus } from '@parley/bus';
import { auth } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { fakeClock } from '@parley/testing';
import supertest, { type Test } from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { GatewayConfig, startGateway } from '../gateway.js';
import type { Gateway } from '../gateway.js';
import { createTokenAuthority, epoch, serveParts } from '../testing/signers.js';
import { scriptsFolder } from './public-files.js';

const log = createLog({ service: 'test', level: 'error' });
const bus = inProcessBus({ log });
const clock = fakeClock(epoch);
let gateway: Gateway;
let sampleGateway: Gateway;

beforeAll(async () => {
  await serveParts(bus, auth, createTokenAuthority(clock.now).answers);
  const deps = { bus, log, clock: clock.now };
  gateway = await startGateway(GatewayConfig.parse({ PORT: '0' }), deps);
  sampleGateway = await startGateway(GatewayConfig.parse({ PORT: '0', PARLEY_SAMPLE_DATA: 'true' }), deps);
});
afterAll(async () => {
  await gateway.stop();
  await sampleGateway.stop();
  await bus.drain();
});
afterEach(() => void vi.unstubAllGlobals());

const get = (path: string): Test => supertest(gateway.url).get(path).set('accept', 'text/html');

describe('the pages', () => {
  test.each(['/', '/test', '/static/chat.html', '/docs', '/docs/errors', '/redoc'])(
    '%s holds nothing inline, and all that it loads is there, whatever that imports too',
    async (page) => {
      const { text } = await get(page);
      expect(text).not.toMatch(/<style| style=| on\w+=|<script(?![^>]* src=)/);
      const files = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file = '']) => file);
      for (let file = files.shift(), seen = new Set<string>(); file !== undefined; file = files.shift()) {
        if (seen.has(file)) continue;
        seen = seen.add(file);
        const { status, text: content } = await get(file);
        expect([file, status]).toEqual([file, 200]);
        if (!/^\/static\/.*\.js$/.test(file)) continue;
        for (const [, imported = ''] of content.matchAll(/ from '([^']+)'/g)) {
          files.push(new URL(imported, new URL(file, gateway.url)).pathname);
        }
      }
    },
  );

  test.each(['/test', '/static/chat.html'])(
    '%s shows the sample logins only where the sample users exist',
    async (path) => {
      const { status, text } = await get(path);
      expect(status).toBe(200);
      expect(text).not.toMatch(/password123|TestPassword123|user1|testuser/);
      expect(text).toContain('name="password"');
      const withSamples = await supertest(sampleGateway.url).get(path);
      expect(withSamples.text).toMatch(/password123[^]*value="(?:user1|testuser)"/i);
    },
  );

  test('a file is asked for again each time, and sent again only when it is another', async () => {
    const { headers } = await get('/static/chat.js').expect('cache-control', 'public, max-age=0');
    await get('/static/chat.js')
      .set('if-none-match', headers['etag'] ?? '')
      .expect(304);
  });

  test('the type of a problem is a place on a page that exists, for every reason', async () => {
    const { text } = await get('/docs/errors')
      .expect(200)
      .expect('content-type', /text\/html/);
    const documented = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
    const reasons = [...documented.matchAll(/<a id="([a-z_]+)">/g)].map(([, reason]) => reason);
    expect(reasons.length).toBeGreaterThan(80);
    for (const reason of reasons) expect(text).toContain(`<a id="${reason}">`);
    const refused = await supertest(gateway.url).get('/v1/me').expect(401);
    const { type } = JSON.parse(refused.text) as { type: string };
    const [page, place] = type.split('#');
    expect(page).toBe('/docs/errors');
    expect(text).toContain(`<a id="${place}">`);
  });

  test('the page of the API links to every document', async () => {
    const { text } = await get('/docs');
    for (const path of ['/openapi.json', '/asyncapi.json', '/openrpc.json', '/redoc', '/docs/errors']) {
      expect(text).toContain(`href="${path}"`);
      await get(path).expect(200);
    }
  });

  test('the reference has an entry for each operation and each socket of the documents', async () => {
    vi.stubGlobal('document', { createElement: () => ({ append: () => undefined }) });
    const load = (name: string) => import(`${scriptsFolder}/${name}`) as Promise<Entries>;
    const { operationEntries, socketEntries } = await load('redoc-entries.js');
    const openApi = JSON.parse((await get('/openapi.json')).text) as OpenApi;
    const asyncApi = JSON.parse((await get('/asyncapi.json')).text) as { channels: object };
    const operations = openApi.tags.flatMap(({ name }) => operationEntries(openApi, name));
    const sockets = openApi.tags.flatMap(({ name }) => socketEntries(asyncApi, name));
    const expected = Object.values(openApi.paths).flatMap((methods) => Object.keys(methods)).length;
    expect([operations.length, sockets.length]).toEqual([expected, Object.keys(asyncApi.channels).length]);
    expect(expected).toBeGreaterThan(50);
  });
});

interface OpenApi {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, object>>;
}
interface Entries {
  operationEntries(document: OpenApi, tag: string): readonly object[];
  socketEntries(document: object, tag: string): readonly object[];
}
