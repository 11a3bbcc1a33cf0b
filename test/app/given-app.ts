// A Parley of its own and a browser for the web client.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Grant, ParleyClient, signIn, signUp } from '@parley/client';
import { chromiumArguments, findChromium, noChromium } from '@parley/testing';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Settled, startWith } from '../options/platform.js';

const executablePath = findChromium();
if (executablePath === undefined) process.stderr.write(`test/app is left out. ${noChromium}\n`);
export const hasChromium = executablePath !== undefined;

export const password = 'a password of one’s own';

interface WindowOptions {
  readonly width?: number;
  readonly locale?: string;
}

/** A window of the web client, and everything that it complained about. */
export interface AppWindow {
  readonly page: Page;
  readonly complaints: string[];
}

export interface GivenApp {
  readonly parley: Settled;
  readonly browser: Browser;
  /** An empty window in a browser profile of its own. */
  window(options?: WindowOptions): Promise<AppWindow>;
  /** The same with the profile of an ordinary, not a private, window: only there can applications be installed. */
  ordinaryWindow(): Promise<AppWindow & { readonly context: BrowserContext }>;
  /** A new account. */
  account(username: string, name: string): Promise<Grant>;
  /** A client of that account without a window, connected. */
  client(grant: Grant): Promise<ParleyClient>;
  /** Signs an account in through the form. */
  enter(window: AppWindow, username: string, path?: string): Promise<void>;
  stop(): Promise<void>;
}

const watch = (page: Page, url: string): AppWindow => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  return { page, complaints };
};

export const givenApp = async (): Promise<GivenApp> => {
  const profile = mkdtempSync(join(tmpdir(), 'parley-chromium-'));
  const env = { ...process.env, HOME: profile } as Record<string, string>;
  const options = { executablePath: executablePath ?? '', args: chromiumArguments(), env };
  const [parley, browser] = await Promise.all([startWith(), chromium.launch(options)]);
  const clients: ParleyClient[] = [];
  const contexts: BrowserContext[] = [];
  const { url } = parley;
  const sizeOf = (width: number) => ({ viewport: { width, height: 800 }, reducedMotion: 'reduce' as const });
  return {
    parley,
    browser,
    async window({ width = 1280, locale = 'en-GB' } = {}) {
      const context = await browser.newContext({ locale, ...sizeOf(width) });
      context.setDefaultTimeout(30_000);
      return watch(await context.newPage(), url);
    },
    async ordinaryWindow() {
      const folder = join(profile, `profile-${contexts.length}`);
      const context = await chromium.launchPersistentContext(folder, { ...options, ...sizeOf(1280), locale: 'en-GB' });
      contexts.push(context);
      context.setDefaultTimeout(30_000);
      return { ...watch(context.pages()[0] ?? (await context.newPage()), url), context };
    },
    account: (username, name) => signUp({ url, username, password, name }),
    async client(grant) {
      const client = new ParleyClient({ url, tokens: grant });
      clients.push(client);
      await client.connect();
      return client;
    },
    async enter({ page }, username, path = '') {
      await page.goto(`${url}/app/${path}`);
      await page.locator('input[name=username]').fill(username);
      await page.locator('input[name=password]').fill(password);
      await page.keyboard.press('Enter');
      await page.locator('.sidebar').waitFor();
    },
    async stop() {
      for (const client of clients) await client.close();
      for (const context of contexts) await context.close();
      await browser.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      await parley.stop();
    },
  };
};

/** Signs in once more, as another device of the account does. */
export const signInAgain = (url: string, username: string): Promise<Grant> =>
  signIn({ url, login: username, password });
