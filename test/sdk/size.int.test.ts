// How many bytes the SDK costs a page: as the script that the gateway serves, and in the bundle of an application.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Settled, startWith } from '../options/platform.js';
import { packSdk } from './packed.js';

/** Without the hooks, in bytes with gzip; docs/adr/0058 has what they consist of. */
const gzipMax = 19_800;
/** The client without objects, and all functions beside it. */
const streamsGzipMax = 11_300;

let parley: Settled;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-size-'));
  [parley] = await Promise.all([startWith(), packSdk(folder, ['ws'])]);
});
afterAll(async () => {
  await parley.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The body as it is on the wire. */
const sent = (encoding: string): Promise<{ readonly headers: IncomingHttpHeaders; readonly body: Buffer }> =>
  new Promise((resolve, reject) => {
    get(`${parley.url}/static/parley.js`, { headers: { 'accept-encoding': encoding } }, (response) => {
      buffer(response).then((body) => resolve({ headers: response.headers, body }), reject);
    }).on('error', reject);
  });

test('the gateway sends the script compressed, and it is small', async () => {
  const packed = readFileSync(join(folder, 'node_modules/@parley/client/dist/parley.js'));
  const zipped = await sent('gzip, deflate');
  expect(zipped.headers).toMatchObject({
    'content-encoding': 'gzip',
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=0',
    vary: expect.stringContaining('Accept-Encoding') as string,
  });
  expect(gunzipSync(zipped.body)).toEqual(packed);
  expect(zipped.body.length).toBe(gzipSync(packed, { level: 9 }).length);
  expect(zipped.body.length).toBeLessThan(gzipMax);
  const smaller = await sent('gzip, br');
  expect(smaller.headers['content-encoding']).toBe('br');
  expect(brotliDecompressSync(smaller.body)).toEqual(packed);
  expect(smaller.body.length).toBeLessThan(zipped.body.length);
  const plain = await sent('identity');
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(plain.body).toEqual(packed);
});

/** What an application gets that imports this, by a bundler for browsers. */
const bundled = async (code: string): Promise<string> => {
  const entry = join(folder, 'entry.js');
  writeFileSync(entry, code);
  const bundle = await rolldown({ input: entry, platform: 'browser' });
  const { output } = await bundle.generate({ format: 'es', minify: true });
  await bundle.close();
  expect(output).toHaveLength(1);
  return output[0].code;
};

test('a bundle of the packed ES module is as small, and has nothing that only Node needs', async () => {
  const code = await bundled("export * from '@parley/client';");
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(gzipMax);
  expect(code).not.toContain('unexpected-response');
});

test('a bundle of an application that uses no objects has none', async () => {
  const code = await bundled("export { StreamClient, isRetryable, signIn, signUp } from '@parley/client';");
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(streamsGzipMax);
});
