// The web client, from an empty server: two people on phones with the keyboard alone, while their gateway is killed; and every screen in both
// themes and sizes.
import type { Stack } from '@parley/testing';
import type { Browser, Page } from 'playwright-core';
import {
  type AppUser,
  editLastInApp,
  focusMessage,
  messageWith,
  openInApp,
  reactInApp,
  replyInThread,
  sayInApp,
  signUpInApp,
} from '../../clients/app.js';
import { check, figure } from '../proof/figures.js';
import { at } from '../proof/random.js';
import { axeFindings } from './axe.js';
import { none, until } from './checks.js';
import { flawsOf, nameless, spokenTree } from './looks.js';
import { type Look, looks, openViewer, type Viewer, type ViewerOptions } from './viewer.js';
import { opensAtUnread } from './unread.js';
import { password } from './wires.js';

type Person = AppUser & { readonly viewer: Viewer };

const outageMessages = 10;

/** A phone or a desk of one person; its requests to other hosts are complaints. */
const openPerson = async (
  browser: Browser,
  options: ViewerOptions,
  look: Look,
  username: string,
  name: string,
  foreign: string[],
): Promise<Person> => {
  const viewer = await openViewer(browser, options, look);
  viewer.page.on('request', (request) => {
    if (!request.url().startsWith(options.url) && !/^(?:data|blob):/.test(request.url())) foreign.push(request.url());
  });
  return { viewer, page: viewer.page, username, name };
};

/** Time, bytes and requests until the first screen can be used. */
const firstScreen = async (browser: Browser, options: ViewerOptions): Promise<void> => {
  const viewer = await openViewer(browser, options, { theme: 'light', width: 390 });
  const { page } = viewer;
  const begun = performance.now();
  await page.goto(`${options.url}/app/`);
  await page.getByRole('textbox', { name: 'User name' }).waitFor();
  figure('first screen after', performance.now() - begun, 'ms');
  const { bytes, requests, paintedMs } = await page.evaluate(() => {
    const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const [document] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    const needed = entries.filter(({ name }) => /\.(?:js|css|svg)$/.test(name) && !name.includes('service-worker'));
    return {
      bytes: [document, ...needed].reduce((sum, entry) => sum + (entry?.encodedBodySize ?? 0), 0),
      requests: needed.length + 1,
      paintedMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    };
  });
  figure('first contentful paint', paintedMs, 'ms');
  figure('… with', bytes / 1024, 'KB compressed');
  figure('… in', requests, 'requests');
  check('the first screen takes less than 150 KB', bytes > 0 && bytes < 150 * 1024);
  await viewer.close();
};

const textsOf = (page: Page): Promise<string[]> =>
  page.locator('.conversation .log .message .message-text').allTextContents();

/** Everything that was said while one gateway was killed is on both pages, once and in order. */
const outage = async (ada: Person, bob: Person, stack: Stack, options: ViewerOptions): Promise<void> => {
  const gateway = stack.processes.get('gateway-1');
  if (gateway === undefined) throw new Error('The stack has two gateways');
  const wanted = Array.from({ length: outageMessages }, (_, n) => `meanwhile ${n + 1}`);
  options.outage.isOn = true;
  for (const [n, text] of wanted.entries()) {
    if (n === 3) await gateway.kill('SIGKILL');
    await sayInApp(ada, text);
  }
  await ada.page.locator('.send-state.sending').first().waitFor();
  await ada.viewer.shot('app-disconnected');
  check('what is written without a connection is shown as not sent yet', true);
  await gateway.start();
  const isAll = async ({ page }: Person): Promise<boolean> => {
    const texts = (await textsOf(page)).filter((text) => text.startsWith('meanwhile'));
    return texts.join() === wanted.join();
  };
  for (const person of [ada, bob])
    check(`${person.name}: nothing is missing or doubled`, await until(() => isAll(person)));
  check('all of it was sent', await until(async () => (await ada.page.locator('.send-state.sending').count()) === 0));
  options.outage.isOn = false;
};

/** What can be seen without taste, and what axe says of it. */
const examine = async (page: Page, name: string): Promise<void> => {
  const { serious, all } = await axeFindings(page);
  none(`${name}: axe finds nothing serious (${all} lesser)`, serious);
  none(`${name}: nothing overflows, text stands out, targets are large enough`, await flawsOf(page));
};

/** Each screen as it looks now. */
const lookAt = async ({ viewer, page }: Person, name: string): Promise<void> => {
  await viewer.shot(`app-${name}`);
  await examine(page, `${viewer.look} ${name}`);
};

const story = async (ada: Person, bob: Person, stack: Stack, options: ViewerOptions): Promise<void> => {
  const begun = performance.now();
  for (const person of [ada, bob]) await signUpInApp(person, options.url, password);
  await lookAt(ada, 'home');
  await openInApp(ada, bob.username, bob.name);
  await sayInApp(ada, 'Hello Bob');
  await openInApp(bob, ada.username, ada.name);
  await messageWith(ada, 'Hello Bob').locator('.send-state.read').waitFor();
  check('the sender sees that it was read', true);
  await editLastInApp(ada, 'Hello **Bob**, again');
  await messageWith(bob, '(edited)').waitFor();
  await reactInApp(bob, 'again', 'tada', '🎉');
  await messageWith(ada, 'again').getByRole('button', { name: '🎉, 1 reaction' }).waitFor();
  await replyInThread(ada, 'again', 'Only in here');
  await lookAt(ada, 'thread');
  await messageWith(bob, 'again').getByRole('button', { name: '1 reply' }).waitFor();
  await ada.page.getByRole('button', { name: 'Back' }).last().press('Enter');
  await outage(ada, bob, stack, options);
  figure('from an empty server to all of it', (performance.now() - begun) / 1_000, 's');
  check('… within three minutes', performance.now() - begun < 180_000);
};

const dialogs = [
  ['find', 'Control+k'],
  ['date', 'Alt+j'],
  ['help', 'Control+/'],
] as const;

/** The screens that the story does not show, on each device. */
const screens = async (person: Person): Promise<void> => {
  const { page } = person;
  await focusMessage(person, 'again');
  await lookAt(person, 'message');
  await page.keyboard.press('i');
  await page.getByRole('dialog').getByText('Reactions').waitFor();
  await lookAt(person, 'details');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await lookAt(person, 'actions');
  await page.keyboard.press('Escape');
  for (const [name, key] of dialogs) {
    await page.keyboard.press(key);
    await page.getByRole('dialog').waitFor();
    await lookAt(person, name);
    await page.keyboard.press('Escape');
  }
  for (const [name, button] of [
    ['members', 'Members'],
    ['pins', 'Pinned messages'],
  ] as const) {
    await page.getByRole('button', { name: button, exact: true }).press('Enter');
    await page.locator('.panel').waitFor();
    await lookAt(person, name);
    await page
      .getByRole('button', { name: person.viewer.look.endsWith('390') ? 'Back' : 'Close' })
      .last()
      .press('Enter');
  }
};

/** A conversation with unread messages as it opens, on a phone and at a desk. */
const unreadOn = async (options: ViewerOptions, reader: Person, writer: Person): Promise<void> => {
  const { page, viewer } = reader;
  const phone = page.viewportSize();
  await opensAtUnread(options.url, reader, writer, () => lookAt(reader, 'unread'));
  await page.setViewportSize({ width: 1280, height: 800 });
  await opensAtUnread(options.url, reader, writer, async () => {
    const name = `desk-unread-${viewer.look.split(' ')[0]}`;
    await page.screenshot({ path: `${options.folder}/app-${name}.png` });
    await examine(page, name);
  });
  if (phone !== null) await page.setViewportSize(phone);
};

/** Settings, and the conversation, as a screen reader gets them; and in the other language. */
const settings = async ({ viewer, page, ...person }: Person): Promise<void> => {
  none(`${viewer.look}: all that one can use or hear in a conversation has a name`, nameless(await spokenTree(page)));
  await page.goto(`${new URL(page.url()).origin}/app/`);
  await page.getByRole('button', { name: 'Settings' }).press('Enter');
  await page.locator('.session').first().waitFor();
  await lookAt({ viewer, page, ...person }, 'settings');
  none(`${viewer.look}: and in the settings`, nameless(await spokenTree(page)));
  await page.getByLabel('Language').selectOption('de');
  await page.getByRole('dialog', { name: 'Einstellungen' }).waitFor();
  await lookAt({ viewer, page, ...person }, 'settings-de');
  await page.keyboard.press('Escape');
  await lookAt({ viewer, page, ...person }, 'home-de');
  await page.goBack();
  await page.locator('.conversation .log .message').first().waitFor();
};

export const useApp = async (browser: Browser, options: ViewerOptions, stack: Stack): Promise<void> => {
  console.log('\n  /app');
  await firstScreen(browser, options);
  const foreign: string[] = [];
  const [light, dark] = [at(looks, 0), at(looks, 2)];
  const ada = await openPerson(browser, options, light, 'ada-app', 'Ada Lovelace', foreign);
  const bob = await openPerson(browser, options, dark, 'bob-app', 'Bob Example', foreign);
  await story(ada, bob, stack, options);
  for (const person of [ada, bob]) await screens(person);
  for (const [reader, writer] of [
    [ada, bob],
    [bob, ada],
  ] as const)
    await unreadOn(options, reader, writer);
  for (const person of [ada, bob]) await settings(person);
  for (const { page } of [ada, bob]) await page.setViewportSize({ width: 1280, height: 800 });
  for (const { viewer, page } of [ada, bob])
    await page.screenshot({ path: `${options.folder}/app-desk-${viewer.look.split(' ')[0]}.png` });
  none('no request to another host', foreign);
  for (const { viewer } of [ada, bob]) {
    none(`${viewer.look}: the console says nothing but that nobody answered`, viewer.complaints);
    await viewer.close();
  }
};
