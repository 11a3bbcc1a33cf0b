// What people do with the web client every day, beyond writing: find their place, mention, manage, choose.
import type { Grant, ParleyClient } from '@parley/client';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppWindow, type GivenApp, givenApp, hasChromium, signInAgain } from './given-app.js';

const soon = { timeout: 20_000 };
const shown = (page: Page, text: string) => page.locator('.conversation .log .message', { hasText: text });
const openPlace = async ({ page }: AppWindow, title: string): Promise<void> => {
  await page.locator('.channel-link', { hasText: title }).click();
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
};

// Browsers are the first to be slow on a busy machine.
describe.skipIf(!hasChromium)('the web client, every day', { timeout: 180_000 }, () => {
  let given: GivenApp;
  let [ada, bob, grace]: Grant[] = [];
  let bobs: ParleyClient;
  let graces: ParleyClient;
  let window: AppWindow;
  beforeAll(async () => {
    given = await givenApp();
    ada = await given.account('ada', 'Ada Lovelace');
    bob = await given.account('bob', 'Bob Example');
    grace = await given.account('glh', 'Grace Hopper');
    [bobs, graces] = await Promise.all([given.client(bob), given.client(grace)]);
    window = await given.window();
    await given.enter(window, 'ada');
  }, 180_000);
  afterAll(() => given.stop());

  const idOf = (grant: Grant | undefined): string => grant?.account.id ?? '';
  const room = async (title: string, kind: 'room' | 'group' = 'room', ...more: (Grant | undefined)[]) => {
    const memberIds = [ada, ...more].map(idOf);
    const { id } = await bobs.rest.createChannel({ kind, title, memberIds });
    await window.page.locator('.channel-link', { hasText: title }).waitFor();
    return bobs.channel(id);
  };

  test('a channel opens at the first unread message, and counts as read as far as it was in sight', async () => {
    const { page } = window;
    const channel = await room('Long talks');
    for (let n = 1; n <= 90; n += 1) void channel.send(`note ${n}.`);
    await channel.send('the last note').sent;
    await page.getByRole('link', { name: /Long talks.*91 unread/ }).waitFor();
    await openPlace(window, 'Long talks');
    await page.locator('.new-line + .message', { hasText: /note 1\./ }).waitFor();
    // The rows of the log that are in sight to their end.
    const inSight = () =>
      page.evaluate<number[]>(`(() => {
        const log = document.querySelector('.conversation .log');
        const bottom = log.getBoundingClientRect().top + log.clientHeight;
        return [...log.querySelectorAll('[data-sequence]')]
          .filter((row) => row.getBoundingClientRect().bottom <= bottom + 1)
          .map((row) => Number(row.dataset.sequence));
      })()`);
    const adas = await given.client(await signInAgain(given.parley.url, 'ada'));
    const stored = () => adas.rest.channel(channel.id, { summary: true });
    const seen = (await inSight()).at(-1) ?? 0;
    expect(seen).toBeLessThan(60);
    await expect.poll(async () => (await stored()).read, soon).toBe(seen);
    const { unread = 0 } = await stored();
    expect(unread).toBeGreaterThan(30);
    await page.getByRole('button', { name: `${unread} new messages` }).waitFor();
    await page.getByRole('link', { name: new RegExp(`Long talks.*${unread} unread`) }).waitFor();

    await page.locator('.conversation .log').hover();
    await page.mouse.wheel(0, 500);
    await expect.poll(async () => (await stored()).read, soon).toBeGreaterThan(seen);
    await expect.poll(async () => (await stored()).read === (await inSight()).at(-1), soon).toBe(true);
    await page.getByRole('button', { name: /^\d+ new messages$/ }).click();
    await shown(page, 'the last note').waitFor();
    await page.getByRole('link', { name: 'Long talks', exact: true }).waitFor();
    await expect.poll(async () => (await stored()).unread, soon).toBe(0);
  });

  test('the first unread message is a key away, also when the channel counts as read by then', async () => {
    const { page } = window;
    await page.keyboard.press('Alt+u');
    await page.locator('.message:focus', { hasText: /note 1\./ }).waitFor();
    expect(await page.locator('.new-line + .message', { hasText: /note 1\./ }).count()).toBe(1);
    await page.getByRole('button', { name: 'To the newest message' }).click();
    await shown(page, 'the last note').waitFor();
  });

  test('what arrives in a window without the focus is unread until it has the focus', async () => {
    const { page } = window;
    const channel = bobs.channel((await named('Long talks')).id);
    const setFocus = (has: boolean) =>
      page.evaluate(`document.hasFocus = () => ${has}; ${has ? "dispatchEvent(new Event('focus'))" : ''}`);
    await setFocus(false);
    await channel.send('while you were away').sent;
    await page.locator('.new-line + .message', { hasText: 'while you were away' }).waitFor();
    await page.getByRole('link', { name: /Long talks.*1 unread/ }).waitFor();
    await setFocus(true);
    await page.getByRole('link', { name: 'Long talks', exact: true }).waitFor();
  });

  test('a date is a key away: the first message since then gets the focus', async () => {
    const { page } = window;
    await openPlace(window, 'Long talks');
    await shown(page, 'the last note').waitFor();
    await page.keyboard.press('Alt+j');
    await page.getByRole('dialog', { name: 'Jump to a date' }).waitFor();
    await page.getByRole('button', { name: 'The beginning' }).press('Enter');
    await page.locator('.message:focus', { hasText: /note 1\./ }).waitFor();
    await page.getByRole('button', { name: 'Jump to a date' }).click();
    await page.getByLabel('Jump to a date').last().press('Enter');
    await page.locator('.message:focus', { hasText: /note 1\./ }).waitFor();
  });

  test('people are mentioned by what they are called, whether they are members or not', async () => {
    const { page } = window;
    await room('Names');
    await openPlace(window, 'Names');
    const box = page.locator('.conversation .composer textarea');
    await box.focus();
    for (const [typed, name, username] of [
      ['@hopp', 'Grace Hopper', 'glh'],
      ['@exam', 'Bob Example', 'bob'],
    ] as const) {
      await page.keyboard.type(`hello ${typed}`);
      await page.getByRole('option', { name: new RegExp(name) }).waitFor();
      await page.keyboard.press('Enter');
      expect(await box.inputValue()).toBe(`hello @${username} `);
      await page.keyboard.press('Enter');
      await shown(page, `@${username}`).locator('.mention').waitFor();
    }
    await expect.poll(async () => (await bobs.rest.mentions()).messages.length, soon).toBe(1);
    await expect.poll(async () => (await graces.rest.mentions()).messages.length, soon).toBe(1);
  });

  test('who has read a message of a group, and who reacted, is a key away', async () => {
    const { page } = window;
    const channel = await room('Trio', 'group', grace);
    await openPlace(window, 'Trio');
    await page.locator('.conversation .composer textarea').fill('Who reads this?');
    await page.keyboard.press('Enter');
    await shown(page, 'Who reads this?').locator('.send-state.sent, .send-state.delivered').waitFor();
    const [message] = (await bobs.rest.history(channel.id)).messages;
    await bobs.channel(channel.id).markRead(message?.sequence);
    await graces.channel(channel.id).react(message?.id ?? '', '👀');
    await shown(page, 'Who reads this?').locator('.send-state.read').waitFor();
    await page.keyboard.press('Control+ArrowUp');
    await page.keyboard.press('i');
    const dialog = page.getByRole('dialog', { name: 'Details of the message' });
    await dialog.locator('section', { hasText: 'Read by' }).getByText('Bob Example').waitFor();
    await dialog.locator('section', { hasText: 'Reactions' }).getByText('Grace Hopper').waitFor();
    expect(await dialog.locator('section', { hasText: 'Read by' }).getByText('Grace Hopper').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '👀, 1 reaction' }).hover();
    await page.locator('.reaction[title="Grace Hopper"]').waitFor();
  });

  test('an owner renames, gives roles and removes; a member leaves and is gone', async () => {
    const { page } = window;
    const { keyboard } = page;
    await keyboard.press('Escape');
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByLabel('Group').check();
    await page.getByLabel('Name', { exact: true }).fill('Club');
    await page.getByRole('combobox', { name: 'Add people by name' }).fill('hopper');
    await page.getByRole('option', { name: /Grace Hopper/ }).click();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Club' }).waitFor();
    await page.getByRole('button', { name: 'Members', exact: true }).click();
    const panel = page.locator('.panel');
    await panel.getByRole('combobox', { name: 'Add people by name' }).fill('example');
    await page.getByRole('option', { name: /Bob Example/ }).click();
    await panel.getByRole('button', { name: 'Actions for Bob Example' }).waitFor();
    await panel.getByRole('button', { name: 'Actions for Grace Hopper' }).click();
    await page.getByRole('button', { name: 'Make an admin' }).click();
    await panel.locator('.member', { hasText: 'Grace Hopper' }).getByText('Admin').waitFor();
    await panel.getByRole('button', { name: 'Actions for Bob Example' }).click();
    await page.getByRole('button', { name: 'Remove Bob Example' }).click();
    await page.getByRole('dialog', { name: 'Remove Bob Example?' }).getByRole('button', { name: 'Remove' }).click();
    await panel.getByText('Bob Example').waitFor({ state: 'detached' });
    await panel.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Society');
    await keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Society' }).waitFor();
    await panel.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('dialog', { name: 'Leave Society?' }).getByRole('button', { name: 'Leave' }).click();
    await page.locator('.channel-link', { hasText: 'Society' }).waitFor({ state: 'detached' });
    expect(await page.locator('.home').count()).toBe(1);
  });

  test('the settings change the name, privacy, language and theme, and end other sessions', async () => {
    const { page } = window;
    const others = await given.client(await signInAgain(given.parley.url, 'ada'));
    const isOver = new Promise<void>((resolve) => others.on('state', ({ name }) => name === 'closed' && resolve()));
    await page.getByRole('button', { name: 'Settings' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Your name').fill('Countess Ada');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.locator('.own-name', { hasText: 'Countess Ada' }).waitFor();
    await dialog.getByLabel('Appear offline').check();
    await expect.poll(async () => (await others.rest.preferences()).invisible, soon).toBe(true);
    await dialog.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await isOver;
    await dialog.getByText('Dark', { exact: true }).click();
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await dialog.getByLabel('Language').selectOption('de');
    await page.getByRole('dialog', { name: 'Einstellungen' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await page.getByRole('dialog').getByLabel('Sprache').selectOption('en');
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
    await page.keyboard.press('Escape');
    await openPlace(window, 'Names');
    await page.locator('.conversation .composer textarea').fill('under a new name');
    await page.keyboard.press('Enter');
    await shown(page, 'under a new name').getByText('Countess Ada').first().waitFor();
    const sent = async () => (await bobs.rest.history((await named('Names')).id)).messages.at(-1)?.sender.name;
    await expect.poll(sent, soon).toBe('Countess Ada');
    expect(window.complaints).toEqual([]);
  });

  const named = async (title: string) => {
    const { channels } = await bobs.rest.channels({ joined: true, limit: 200 });
    const found = channels.find((each) => each.title === title);
    if (found === undefined) throw new Error(`There is no channel ${title}`);
    return found;
  };
});
