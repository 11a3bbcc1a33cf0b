// The web client in Chromium, from an empty server: two people, one of them on a phone and with the keyboard alone.
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
import { type AppWindow, type GivenApp, givenApp, hasChromium, password } from './given-app.js';

// Browsers are the first to be slow on a busy machine.
describe.skipIf(!hasChromium)('two people in the web client', { timeout: 180_000 }, () => {
  let given: GivenApp;
  beforeAll(async () => {
    given = await givenApp();
  }, 180_000);
  afterAll(() => given.stop());

  const open = async (username: string, name: string, width: number): Promise<AppUser & AppWindow> => {
    const user = { ...(await given.window({ width })), username, name };
    await signUpInApp(user, given.parley.url, password);
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
