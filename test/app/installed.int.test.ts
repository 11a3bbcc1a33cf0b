// The web client as an application of the device: installed, without a network, and for a screen reader.
import type { Grant } from '@parley/client';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// Built, because their sources need the types of browsers.
import { axeFindings } from '../dist/system/browser/axe.js';
import { flawsOf, nameless, spokenTree } from '../dist/system/browser/looks.js';
import { type GivenApp, givenApp, hasChromium } from './given-app.js';

interface Kept {
  readonly keys: readonly string[];
  /** Copies of what was seen. */
  readonly rows: number;
}

/** What this device keeps of a session. As a text, because tests are compiled without the types of browsers. */
const keptOn = (page: Page): Promise<Kept> =>
  page.evaluate<Kept>(`new Promise((resolve, reject) => {
    const opening = indexedDB.open('parley-app');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const counting = opening.result.transaction('snapshots').objectStore('snapshots').count();
      counting.onsuccess = () => resolve({ keys: Object.keys(localStorage), rows: counting.result });
    };
  })`);

const workerIsReady = (page: Page): Promise<unknown> =>
  page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');

// Browsers are the first to be slow on a busy machine.
describe.skipIf(!hasChromium)('the web client as an application', { timeout: 180_000 }, () => {
  let given: GivenApp;
  let ada: Grant;
  beforeAll(async () => {
    given = await givenApp();
    ada = await given.account('ada', 'Ada Lovelace');
    const bob = await given.client(await given.account('bob', 'Bob Example'));
    const { id } = await bob.rest.createChannel({ kind: 'group', title: 'Club', memberIds: [ada.account.id] });
    const { id: first } = await bob.channel(id).send('Hello **Ada**').sent;
    await bob.channel(id).react(first, '👍');
    await bob.channel(id).send('How are you?').sent;
  }, 180_000);
  afterAll(() => given.stop());

  test('a browser finds nothing that keeps it from being installed', async () => {
    const window = await given.ordinaryWindow();
    await given.enter(window, 'ada');
    await workerIsReady(window.page);
    const session = await window.context.newCDPSession(window.page);
    const { errors, data } = await session.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    expect(JSON.parse(data ?? '{}')).toMatchObject({ name: 'Parley', display: 'standalone', start_url: '/app/' });
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    expect(installabilityErrors).toEqual([]);
    expect(window.complaints).toEqual([]);
  });

  test('without a network it opens, shows what was seen, and signs out', async () => {
    const window = await given.window();
    const { page } = window;
    await given.enter(window, 'ada');
    await workerIsReady(page);
    await page.locator('.channel-link', { hasText: 'Club' }).click();
    await page.locator('.message', { hasText: 'How are you?' }).waitFor();
    await expect.poll(async () => (await keptOn(page)).rows, { timeout: 20_000 }).toBeGreaterThan(1);
    await page.context().setOffline(true);
    await page.reload();
    await page.locator('.message', { hasText: 'How are you?' }).waitFor();
    await page
      .getByText('No connection. Messages are sent when it is back.')
      .or(page.getByText('Connecting…'))
      .waitFor();
    const before = await keptOn(page);
    expect(before.keys).toContain('parley.session');

    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out', exact: true }).last().click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.getByText('You are signed out on this device. The server could not be reached').waitFor();
    const after = await keptOn(page);
    expect(after.rows).toBe(0);
    expect(after.keys.filter((key) => key === 'parley.session' || key === 'parley.account')).toEqual([]);

    // With the network back nobody is signed in.
    await page.context().setOffline(false);
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect((await keptOn(page)).rows).toBe(0);
  });

  test('every screen has names and roles for a screen reader, and new messages are announced', async () => {
    const window = await given.window();
    const { page } = window;
    const read = async (wanted: Readonly<Record<string, string>>, where: string) => {
      const tree = await spokenTree(page);
      expect([where, nameless(tree)]).toEqual([where, []]);
      const missing = Object.entries(wanted).filter(
        ([name, role]) => !tree.some((each) => each.role === role && each.name === name),
      );
      expect([where, missing]).toEqual([where, []]);
      const { serious } = await axeFindings(page);
      expect([where, serious]).toEqual([where, []]);
      return tree;
    };
    await page.goto(`${given.parley.url}/app/`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await read({ Parley: 'heading', 'User name': 'textbox', Password: 'textbox', 'Sign in': 'button' }, 'sign in');
    await given.enter(window, 'ada');
    await page.locator('.channel-link', { hasText: 'Club' }).waitFor();
    await read({ Conversations: 'navigation', 'New conversation': 'button', 'Your status': 'combobox' }, 'home');
    await page.locator('.channel-link', { hasText: 'Club' }).click();
    await page.locator('.log[aria-live=polite] .message').first().waitFor();
    const parts = { Club: 'heading', 'Messages in Club': 'log', Message: 'textbox', 'Jump to a date': 'button' };
    const tree = await read({ ...parts, Members: 'button', Conversations: 'navigation' }, 'conversation');
    const log = tree.find(({ role }) => role === 'log');
    expect(log?.live).toBe('polite');
    expect(tree.some(({ role, name }) => role === 'listitem' && /^Bob Example, \d\d:\d\d: Hello Ada/.test(name))).toBe(
      true,
    );
    // The focus begins in the message box, and goes from there to the newest message and back.
    await page.locator('.conversation textarea:focus').waitFor();
    await page.keyboard.press('Control+ArrowUp');
    await page.locator('.message:focus', { hasText: 'How are you?' }).waitFor();
    await page.keyboard.press('Home');
    await page.locator('.message:focus', { hasText: 'Hello Ada' }).waitFor();
    await page.keyboard.press('i');
    await page.getByRole('dialog').getByText('Bob Example').first().waitFor();
    await read({ 'Details of the message': 'dialog' }, 'details');
    await page.keyboard.press('Escape');
    await page.locator('.message:focus', { hasText: 'Hello Ada' }).waitFor();
    await page.getByRole('button', { name: 'Members', exact: true }).click();
    await page.locator('.panel .member').first().waitFor();
    await read({ Leave: 'button', Members: 'list' }, 'members');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.locator('.session').first().waitFor();
    await read(
      { Settings: 'dialog', 'Your name': 'textbox', Language: 'combobox', 'Appear offline': 'checkbox' },
      'settings',
    );
    expect(window.complaints).toEqual([]);
  });

  test.each([
    ['en', 390],
    ['de', 390],
    ['de', 1280],
  ])('in %s nothing overflows and everything can be read and hit at %i pixels', async (language, width) => {
    const window = await given.window({ width, locale: language });
    const { page } = window;
    await given.enter(window, 'ada');
    await page.locator('.channel-link', { hasText: 'Club' }).click();
    await page.locator('.message', { hasText: 'How are you?' }).waitFor();
    expect(await flawsOf(page)).toEqual([]);
    expect(await page.locator('html').getAttribute('lang')).toBe(language);
    await page.keyboard.press('Control+/');
    await page.getByRole('dialog').waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Alt+j');
    await page.getByRole('dialog').waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });
});
