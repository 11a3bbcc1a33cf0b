// The SDK as a browser runs it: two tabs of one origin share a storage and the browser's Web Locks.
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromiumArguments, findChromium, noChromium } from '@parley/testing';
import { type Browser, type BrowserContext, type Page, type Route, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Settled, startWith } from '../options/platform.js';
import { newAccount, refreshPath } from './clients.js';

const executablePath = findChromium();
if (executablePath === undefined) process.stderr.write(`test/sdk/two-tabs is left out. ${noChromium}\n`);

const sdk = fileURLToPath(new URL('../../libs/client/dist/', import.meta.url));

/**
 * A client without a socket, which the server would close with its token. Its storage is IndexedDB: what one process writes to
 * `localStorage` another may read late, so that both refresh.
 */
const html = `<!doctype html><title>Tab</title><script type="module">
import { ParleyClient } from '/sdk/index.js';
const opened = new Promise((resolve, reject) => {
  const opening = indexedDB.open('parley');
  opening.onupgradeneeded = () => opening.result.createObjectStore('saved');
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = () => reject(opening.error);
});
const run = async (mode, ask) => {
  const transaction = (await opened).transaction('saved', mode);
  const request = ask(transaction.objectStore('saved'));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
};
const storage = {
  load: async () => (await run('readonly', (store) => store.get('state'))) ?? null,
  save: (saved) => run('readwrite', (store) => store.put(saved, 'state')),
};
window.save = storage.save;
let client;
// Without a deadline, which would be over before the answer is read when a frozen tab goes on.
const patient = (input, { signal, ...init }) => fetch(input, init);
window.start = async (url) => {
  const { tokens } = await storage.load();
  client = new ParleyClient({ url, storage, tokens, fetch: patient });
};
window.whoAmI = async () => (await client.rest.me()).id;
window.locks = async () => {
  const { held, pending } = await navigator.locks.query();
  return { held: held.length, pending: pending.length };
};
</script>`;

/** That page, and what was built of the SDK. */
const startSite = async (): Promise<Server> => {
  const site = createServer((request, response) => {
    const name = /^\/sdk\/([a-z/-]+\.js)$/.exec(request.url ?? '')?.[1];
    const type = name === undefined ? 'text/html' : 'text/javascript';
    const text = name === undefined ? Promise.resolve(html) : readFile(join(sdk, name));
    void text.then(
      (content) => response.writeHead(200, { 'content-type': type }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  return site;
};

const whoAmI = (tab: Page): Promise<string> => tab.evaluate('whoAmI()');
const locks = (tab: Page): Promise<unknown> => tab.evaluate('locks()');

/** For a browser on a machine that others keep busy; the defaults of playwright are 30 s. */
const patienceMs = 120_000;

describe.skipIf(executablePath === undefined)('two tabs in Chromium', { timeout: 2 * patienceMs }, () => {
  const lifeMs = 15 * 60_000;
  let parley: Settled;
  let site: Server;
  let browser: Browser;
  let profile: string;
  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), 'parley-chromium-'));
    const environment = { ...process.env, HOME: profile } as Record<string, string>;
    [parley, site, browser] = await Promise.all([
      startWith(),
      startSite(),
      chromium.launch({
        executablePath: executablePath ?? '',
        args: chromiumArguments(),
        env: environment,
        timeout: patienceMs,
      }),
    ]);
  }, patienceMs);
  afterAll(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    site.closeAllConnections();
    await Promise.all([parley.stop(), new Promise((resolve) => site.close(resolve))]);
  });

  const newContext = async (): Promise<BrowserContext> => {
    const context = await browser.newContext();
    context.setDefaultTimeout(patienceMs);
    return context;
  };

  /** Tabs of a new browser profile in which somebody is signed in, and how often they refreshed. */
  const openTabs = async (context: BrowserContext) => {
    const { grant } = await newAccount(parley.url);
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
    const refreshes: string[] = [];
    context.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith(refreshPath)) refreshes.push(request.url());
    });
    const open = async (): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(origin);
      return page;
    };
    const tabs = [await open(), await open()] as const;
    const { accessToken, refreshToken } = grant;
    const saved = JSON.stringify({ tokens: { accessToken, refreshToken } });
    await tabs[0].evaluate(`save(${saved})`);
    for (const tab of tabs) await tab.evaluate(`start(${JSON.stringify(parley.url)})`);
    return { tabs, refreshes, id: grant.account.id };
  };

  test('of two tabs whose token has ended one refreshes under the lock, and the other takes what it stored', async () => {
    const context = await newContext();
    const { tabs, refreshes, id } = await openTabs(context);
    let letPass = (): void => {};
    const mayPass = new Promise<void>((resolve) => (letPass = resolve));
    const isAsked = new Promise<void>((resolve) => {
      void context.route(`**${refreshPath}`, async (route) => {
        resolve();
        await mayPass;
        await route.continue();
      });
    });
    parley.later(lifeMs);
    const asking = Promise.all(tabs.map(whoAmI));
    await isAsked;
    // One has the lock while its request is under way, the other waits for it.
    await expect.poll(() => locks(tabs[0]), { timeout: patienceMs }).toEqual({ held: 1, pending: 1 });
    letPass();
    expect(await asking).toEqual([id, id]);
    expect(refreshes).toHaveLength(1);
    await context.close();
  });

  test('a frozen tab that comes back with old tokens takes the stored ones, and ends nobody’s session', async () => {
    const context = await newContext();
    const { tabs, refreshes, id } = await openTabs(context);
    const [frozen, other] = tabs;
    const debug = await context.newCDPSession(frozen);
    await debug.send('Page.setWebLifecycleState', { state: 'frozen' });
    for (let n = 0; n < 2; n += 1) {
      parley.later(lifeMs);
      expect(await whoAmI(other)).toBe(id);
    }
    await debug.send('Page.setWebLifecycleState', { state: 'active' });
    expect(await whoAmI(frozen)).toBe(id);
    expect(await whoAmI(other)).toBe(id);
    expect(refreshes).toHaveLength(2);
    await context.close();
  });

  // 20 s after which the lock is not waited for, on a busy machine.
  const blockedMsMax = 90_000;
  test(
    'a tab that is frozen with the lock and an answered refresh ends nobody’s session, and blocks the other for a while only',
    async () => {
      const context = await newContext();
      const { tabs, id } = await openTabs(context);
      const [frozen, other] = tabs;
      const debug = await context.newCDPSession(frozen);
      await debug.send('Debugger.enable');
      const isAnswered = new Promise<void>((resolve) => {
        const freeze = async (route: Route): Promise<void> => {
          const response = await route.fetch();
          // Not by its lifecycle state: a visible page goes on running.
          debug.once('Debugger.paused', () => resolve());
          await debug.send('Debugger.pause');
          await route.fulfill({ response });
        };
        void frozen.route(`**${refreshPath}`, freeze, { times: 1 });
      });
      parley.later(lifeMs);
      const asking = whoAmI(frozen);
      await isAnswered;
      expect(await locks(other)).toEqual({ held: 1, pending: 0 });
      // By now the server takes the old refresh token for a stolen one, and the access token of the answer has ended.
      parley.later(lifeMs);
      expect(await whoAmI(other)).toBe(id);
      await debug.send('Debugger.disable');
      expect(await asking).toBe(id);
      for (const tab of [frozen, other, frozen]) {
        parley.later(lifeMs);
        expect(await whoAmI(tab)).toBe(id);
      }
      await context.close();
    },
    blockedMsMax,
  );
});
