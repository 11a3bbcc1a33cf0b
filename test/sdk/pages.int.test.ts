// The packed SDK in a browser: by a script tag, and with the hooks, under React and under preact/compat.
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromiumArguments, findChromium, noChromium } from '@parley/testing';
import { type Browser, chromium } from 'playwright-core';
import { rolldown } from 'rolldown';
import type { Tokens } from '@parley/client';
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
      packSdk(folder, ['ws', 'react', 'react-dom', 'scheduler', 'preact']),
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

  /** A page that runs this source with React, or with what stands in for it. */
  const pageOf = async (source: string, alias: Readonly<Record<string, string>> = {}) => {
    const file = join(folder, `page-${randomUUID()}.jsx`);
    writeFileSync(file, source);
    const bundle = await rolldown({
      input: file,
      platform: 'browser',
      resolve: { alias: { ...alias } },
      transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    });
    const { output } = await bundle.generate({ format: 'es', codeSplitting: false });
    await bundle.close();
    const html = '<!doctype html><main></main><script type="module" src="/page.js"></script>';
    return open(
      new Map([
        ['/', html],
        ['/page.js', output[0].code],
      ]),
    );
  };
  const sourceOf = (grant: Tokens, more: string): string => `
import { createRoot } from 'react-dom/client';
import { ParleyClient } from '@parley/client';
import {
  ParleyProvider, useChannel, useChannels, useClient, useMessages, useObservable, usePresence,
} from '@parley/client/react';
const client = new ParleyClient({ url: '${parley.url}', tokens: ${JSON.stringify(grant)} });
void client.connect();
const root = createRoot(document.querySelector('main'));
${more}`;

  const renderers: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['React', {}],
    [
      'preact/compat',
      {
        'react/jsx-runtime': 'preact/jsx-runtime',
        'react-dom/client': 'preact/compat/client',
        react: 'preact/compat',
      },
    ],
  ];

  test.each(renderers)('the React example shows what is sent, with %s', async (_, alias) => {
    const { grant, id } = await setup();
    await using opened = await pageOf(sourceOf(grant, `const id = '${id}';${exampleOf('tsx')}`), alias);
    await opened.page.getByRole('button', { name: 'Say hello' }).click();
    const item = opened.page.locator('li');
    await item.waitFor();
    await expect.poll(() => item.getAttribute('data-state'), { timeout: 20_000 }).toBe('sent');
    expect(await item.textContent()).toBe(`${grant.account.name}: hello`);
    expect(opened.errors).toEqual([]);
  });

  test.each(renderers)(
    'the list of channels and the presence of an account are shown and follow, with %s',
    async (_, alias) => {
      const { grant, id } = await setup();
      const { grant: bobs } = await newAccount(parley.url);
      const { ParleyClient } = await import('@parley/client');
      const [ada, bob] = [grant, bobs].map((tokens) => new ParleyClient({ url: parley.url, tokens }));
      if (!ada || !bob) throw new Error('Two clients');
      try {
        await ada.rest.putMember(id, bobs.account.id);
        await using opened = await pageOf(
          sourceOf(
            grant,
            `
const Channels = () => {
  const { items, list } = useChannels();
  return <ul data-loading={list.isLoading}>{items.map((each) => <li key={each.id}>{each.title} {each.unread}</li>)}</ul>;
};
const Who = ({ id }) => <output>{usePresence(id).state}</output>;
const App = () => {
  const state = useObservable(useClient().presence.own);
  return <><Channels /><Who id="${bobs.account.id}" /><i>{state}</i></>;
};
root.render(<ParleyProvider client={client}><App /></ParleyProvider>);`,
          ),
          alias,
        );
        const { page, errors } = opened;
        const shown = async (): Promise<unknown> => [
          await page.locator('li').allTextContents(),
          await page.locator('output').textContent(),
          await page.locator('i').textContent(),
        ];
        const options = { timeout: 20_000 };
        await page.locator('li').first().waitFor();
        await expect.poll(shown, options).toEqual([['General 0'], 'offline', 'online']);
        await bob.connect();
        await expect.poll(shown, options).toEqual([['General 0'], 'online', 'online']);
        await bob.send(id, 'hello');
        await bob.presence.set('away');
        await expect.poll(shown, options).toEqual([['General 1'], 'away', 'online']);
        const news = await bob.rest.createChannel({ kind: 'group', title: 'News', memberIds: [grant.account.id] });
        await bob.send(news.id, 'first');
        await expect.poll(shown, options).toEqual([['News 1', 'General 1'], 'away', 'online']);
        await bob.close();
        await expect.poll(shown, options).toEqual([['News 1', 'General 1'], 'offline', 'online']);
        expect(errors).toEqual([]);
      } finally {
        await Promise.all([ada.close(), bob.close()]);
      }
    },
  );
});
