// The web client in Chromium, from an empty server: two people, one of them on a phone and with the keyboard alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumArguments, findChromium, noChromium } from '@parley/testing';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AppUser,
  editLastInApp,
  messageWith,
  openInApp,
  reactInApp,
  replyInThread,
  sayInApp,
  signUpInApp,
} from '../clients/app.js';
import { type Settled, startWith } from '../options/platform.js';

const executablePath = findChromium();
if (executablePath === undefined) process.stderr.write(`test/app is left out. ${noChromium}\n`);

const password = 'a password of one’s own';

describe.skipIf(executablePath === undefined)('two people in the web client', () => {
  let parley: Settled;
  let browser: Browser;
  let profile: string;
  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), 'parley-chromium-'));
    const env = { ...process.env, HOME: profile } as Record<string, string>;
    [parley, browser] = await Promise.all([
      startWith(),
      chromium.launch({ executablePath: executablePath ?? '', args: chromiumArguments(), env }),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    await parley.stop();
  });

  const open = async (
    username: string,
    name: string,
    width: number,
  ): Promise<AppUser & { readonly complaints: string[] }> => {
    const context = await browser.newContext({
      locale: 'en-GB',
      reducedMotion: 'reduce',
      viewport: { width, height: 800 },
    });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(parley.url) && !request.url().startsWith('data:')) complaints.push(request.url());
    });
    const user = { page, username, name, complaints };
    await signUpInApp(user, parley.url, password);
    return user;
  };

  test('they sign up, talk, edit, react, thread and read', async () => {
    const ada = await open('ada', 'Ada Lovelace', 390);
    const bob = await open('bob', 'Bob Example', 1280);
    await openInApp(ada, 'bob', 'Bob Example');
    await sayInApp(ada, 'Hello Bob');
    await bob.page.getByRole('link', { name: /Ada Lovelace.*1 unread message/ }).waitFor();
    await messageWith(ada, 'Hello Bob').locator('.send-state.delivered').waitFor();

    await openInApp(bob, 'ada', 'Ada Lovelace');
    await messageWith(bob, 'Hello Bob').waitFor();
    await messageWith(ada, 'Hello Bob').locator('.send-state.read').waitFor();

    await editLastInApp(ada, 'Hello **Bob**, again');
    await messageWith(bob, 'again').locator('strong', { hasText: 'Bob' }).waitFor();
    await messageWith(bob, '(edited)').waitFor();

    await reactInApp(bob, 'again', 'tada', '🎉');
    await messageWith(ada, 'again').getByRole('button', { name: '🎉, 1 reaction' }).waitFor();

    await replyInThread(ada, 'again', 'Only in here');
    await messageWith(bob, 'again').getByRole('button', { name: '1 reply' }).click();
    await messageWith(bob, 'Only in here', '.panel').waitFor();
    expect(await messageWith(bob, 'Only in here').count()).toBe(0);

    await bob.page.reload();
    await messageWith(bob, 'again').getByRole('button', { name: '🎉, 1 reaction' }).waitFor();
    expect(await bob.page.locator('.conversation .log .message').count()).toBe(1);
    expect([ada.complaints, bob.complaints]).toEqual([[], []]);
  });
});
