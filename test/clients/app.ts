// A person who uses the web client with the keyboard alone.
import type { Locator, Page } from 'playwright-core';

/** What a proof may do with the page besides typing: look at it. */
export interface AppUser {
  readonly page: Page;
  readonly username: string;
  readonly name: string;
}

const stepsMax = 60;

/** Presses a key until the element with the focus fits. */
const pressUntil = async (
  { page }: AppUser,
  key: string,
  fits: (focused: Locator) => Promise<boolean>,
): Promise<void> => {
  for (let step = 0; step < stepsMax; step += 1) {
    if (await fits(page.locator(':focus'))) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${stepsMax} times ${key} led nowhere`);
};

const hasText =
  (text: string) =>
  async (focused: Locator): Promise<boolean> =>
    (await focused.count()) === 1 && ((await focused.textContent()) ?? '').includes(text);

const hasAttribute =
  (name: string, value: string) =>
  async (focused: Locator): Promise<boolean> =>
    (await focused.count()) === 1 && (await focused.getAttribute(name)) === value;

const messageBox = ({ page }: AppUser, place = '.conversation'): Locator => page.locator(`${place} .composer textarea`);

/** The messages on the screen, by their texts. */
export const messageWith = ({ page }: AppUser, text: string, place = '.conversation'): Locator =>
  page.locator(`${place} .log .message`, { hasText: text });

/** Opens the page, and creates an account. */
export const signUpInApp = async (user: AppUser, url: string, password: string): Promise<void> => {
  const { page, username, name } = user;
  await page.goto(`${url}/app/`);
  await page.getByRole('button', { name: 'Create an account' }).waitFor();
  await pressUntil(user, 'Tab', hasText('Create an account'));
  await page.keyboard.press('Enter');
  await page.getByLabel('Your name').waitFor();
  await pressUntil(user, 'Tab', hasAttribute('name', 'username'));
  await page.keyboard.type(username);
  await page.keyboard.press('Tab');
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
};

/** Finds a person by user name, or a room or group by title, in the dialog, and opens it. */
export const openInApp = async (user: AppUser, search: string, title: string): Promise<void> => {
  const { page } = user;
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Name of a person, room or group' }).waitFor();
  await page.keyboard.type(search);
  await page.getByRole('option', { name: title }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  await messageBox(user).waitFor();
};

/** Writes into the message box that has the focus. */
export const sayInApp = async (user: AppUser, text: string, place = '.conversation'): Promise<void> => {
  await pressUntil(user, 'Escape', hasAttribute('aria-label', 'Message'));
  await user.page.keyboard.type(text);
  await user.page.keyboard.press('Enter');
  await messageWith(user, text, place).last().waitFor();
};

/** From the message box to a message. */
export const focusMessage = async (user: AppUser, text: string, place = '.conversation'): Promise<void> => {
  await pressUntil(user, 'Escape', hasAttribute('aria-label', 'Message'));
  await messageWith(user, text, place).last().waitFor();
  await user.page.keyboard.press('Control+ArrowUp');
  await pressUntil(user, 'ArrowUp', hasText(text));
};

/** Replaces the text of the last own message. */
export const editLastInApp = async (user: AppUser, text: string): Promise<void> => {
  const { keyboard } = user.page;
  await pressUntil(user, 'Escape', hasAttribute('aria-label', 'Message'));
  await keyboard.press('ArrowUp');
  await user.page.getByText('Editing a message').waitFor();
  await keyboard.press('Control+A');
  await keyboard.type(text);
  await keyboard.press('Enter');
  await user.page.getByText('Editing a message').waitFor({ state: 'hidden' });
};

/** Adds a reaction to a message; `word` finds the emoji. */
export const reactInApp = async (user: AppUser, text: string, word: string, emoji: string): Promise<void> => {
  const { page } = user;
  await focusMessage(user, text);
  await page.keyboard.press('+');
  await page.getByRole('searchbox', { name: 'Search emoji' }).waitFor();
  await page.keyboard.type(word);
  await page.locator('.emoji-row button', { hasText: emoji }).first().waitFor();
  await page.keyboard.press('Enter');
  await messageWith(user, text).getByRole('button', { name: emoji }).waitFor();
};

/** Opens the thread of a message and replies there. */
export const replyInThread = async (user: AppUser, text: string, reply: string): Promise<void> => {
  const { page } = user;
  await focusMessage(user, text);
  await page.keyboard.press('t');
  await page.getByRole('heading', { name: 'Thread' }).waitFor();
  await messageBox(user, '.panel').waitFor();
  await pressUntil(user, 'Tab', hasAttribute('placeholder', 'Reply in this thread'));
  await page.keyboard.type(reply);
  await page.keyboard.press('Enter');
  await messageWith(user, reply, '.panel').waitFor();
};
