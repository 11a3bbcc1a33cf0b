// The packed SDK in a browser: by a script tag, and with the React example of the README.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromiumArguments, findChromium, noChromium } from '@parley/testing';
import { type Browser, chromium } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Settled, startWith } from '../options/platform.js';
import { newAccount, password } from './clients.js';
import { packSdk } from './packed.js';

const executablePath = findChromium();
if (executablePath === undefined) process.stderr.write(`test/sdk/pages is left out. ${noChromium}\n`);

const readme = readFileSync(fileURLToPath(new URL('../../libs/client/README.md', import.meta.url)), 'utf8');
const exampleOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]+?)\`\`\``).exec(readme)?.[1] ?? '';

/** Serves these pages. */
const serve = async (pages: ReadonlyMap<string, string>): Promise<Server> => {
  const site = createServer((request, response) => {
    const page = pages.get(request.url ?? '');
    const type = request.url?.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': type }).end(page);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  return site;
};

describe.skipIf(executablePath === undefined)('the packed SDK in Chromium', () => {
  let parley: Settled;
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-pages-'));
    mkdirSync(join(folder, 'home'));
    const environment = { ...process.env, HOME: join(folder, 'home') } as Record<string, string>;
    [parley, browser] = await Promise.all([
      startWith(),
      chromium.launch({ executablePath: executablePath ?? '', args: chromiumArguments(), env: environment }),
      packSdk(folder, ['ws', 'react', 'react-dom', 'scheduler']),
    ]);
  });
  afterAll(async () => {
    await Promise.all([browser.close(), parley.stop()]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const setup = async () => {
    const account = await newAccount(parley.url);
    const { ParleyClient } = await import('@parley/client');
    const client = new ParleyClient({ url: parley.url, tokens: account.grant });
    const { id } = await client.rest.createChannel({ kind: 'group', title: 'General' });
    return { ...account, id };
  };
  const open = async (pages: ReadonlyMap<string, string>) => {
    const site = await serve(pages);
    const context = await browser.newContext();
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    return {
      page,
      errors,
      [Symbol.asyncDispose]: async () => {
        await context.close();
        site.closeAllConnections();
        await new Promise((resolve) => site.close(resolve));
      },
    };
  };

  test('a page uses the script that every gateway serves, which is the one of the package', async () => {
    const { username, id } = await setup();
    const served = await (await fetch(`${parley.url}/static/parley.js`)).text();
    expect(served).toBe(readFileSync(join(folder, 'node_modules/@parley/client/dist/parley.js'), 'utf8'));
    const html = exampleOf('html')
      .replace('src="/static/parley.js"', `src="${parley.url}/static/parley.js"`)
      .replaceAll('location.origin', `'${parley.url}'`)
      .replace("'ada'", `'${username}'`)
      .replace("'…'", `'${password}'`)
      .replace("'7f0c…'", `'${id}'`);
    await using opened = await open(new Map([['/', `<!doctype html><body>${html}</body>`]]));
    await expect.poll(() => opened.page.textContent('body'), { timeout: 20_000 }).toBe('hello');
    expect(opened.errors).toEqual([]);
  });

  test('the React example shows what is sent', async () => {
    const { grant, id } = await setup();
    const source = `
import { createRoot } from 'react-dom/client';
import { ParleyClient } from '@parley/client';
import { ParleyProvider, useChannel, useMessages } from '@parley/client/react';
const id = '${id}';
const client = new ParleyClient({ url: '${parley.url}', tokens: ${JSON.stringify(grant)} });
void client.connect();
const root = createRoot(document.querySelector('main'));
${exampleOf('tsx')}`;
    writeFileSync(join(folder, 'react.jsx'), source);
    const bundle = await rolldown({
      input: join(folder, 'react.jsx'),
      platform: 'browser',
      transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    });
    const { output } = await bundle.generate({ format: 'es', codeSplitting: false });
    await bundle.close();
    const html = '<!doctype html><main></main><script type="module" src="/react.js"></script>';
    await using opened = await open(
      new Map([
        ['/', html],
        ['/react.js', output[0].code],
      ]),
    );
    await opened.page.getByRole('button', { name: 'Say hello' }).click();
    const item = opened.page.locator('li');
    await item.waitFor();
    await expect.poll(() => item.getAttribute('data-state'), { timeout: 20_000 }).toBe('sent');
    expect(await item.textContent()).toBe(`${grant.account.name}: hello`);
    expect(opened.errors).toEqual([]);
  });
});

/** Without the hooks, in bytes; docs/adr/0050 has what it consists of. */
const gzipMax = 21_000;

test('the script is small', () => {
  const script = fileURLToPath(new URL('../../libs/client/dist/parley.js', import.meta.url));
  expect(gzipSync(readFileSync(script), { level: 9 }).length).toBeLessThan(gzipMax);
});
