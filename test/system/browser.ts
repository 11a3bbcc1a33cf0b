// The web client and the pages in a real browser, by two users each on a phone and at a desk, light and dark: they chat, their gateway is killed, they come
// back by themselves and miss nothing; markup stays text; the keyboard is enough; everything has a name; all can be read and hit.
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Stack, startStack } from '@parley/testing';
import type { Browser } from 'playwright-core';
import { useApp } from './browser/app.js';
import { isInSight, looked, none, same, until } from './browser/checks.js';
import { startChromium } from './browser/chromium.js';
import { nameless, spokenTree } from './browser/looks.js';
import { reading } from './browser/reading.js';
import { looks, openViewer, type Viewer, type ViewerOptions } from './browser/viewer.js';
import { type PageWire, type PlainClient, password, title, wires, type World } from './browser/wires.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { at } from './proof/random.js';
import { readOptions, text } from './proof/options.js';

const { values } = readOptions({ screenshots: text('<folder>', 'where the screenshots are kept') });
const folder = values.screenshots ? resolve(values.screenshots) : mkdtempSync(join(tmpdir(), 'parley-browser-'));
mkdirSync(folder, { recursive: true });

const markup = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script> <b>& so on</b>';
const meanwhileMessages = 40;
const outage = { isOn: false };
const optionsFor = (url: string): ViewerOptions => ({ url, folder, outage });

/** Ada's first page, the others, bob's last page: those that send are the first and the last. */
const endsOf = (viewers: readonly Viewer[]) => ({ ada: at(viewers, 0), bob: at(viewers, viewers.length - 1) });

/** From the top of the page, with Tab, Enter and letters alone, until something is said. */
const byKeyboard = async (
  { page, stateIs }: Viewer,
  { button, fields, signIn }: PageWire,
  world: World,
): Promise<void> => {
  const wanted: Record<string, string> = {
    ...signIn(world),
    [at(fields, 0)]: world.ada.username,
    Password: password,
  };
  const order: string[] = [];
  for (let tabs = 0; tabs < 10; tabs += 1) {
    await page.keyboard.press('Tab');
    const { name, isField } = await page.evaluate(() => {
      const active = document.activeElement;
      const input = active instanceof HTMLInputElement ? active : null;
      const label = input?.labels?.[0];
      const shown = (label ?? active)?.textContent ?? '';
      return { name: shown.replace(input?.value ?? '', '').trim(), isField: label !== undefined };
    });
    order.push(name);
    if (isField) {
      await page.keyboard.press('Control+A');
      await page.keyboard.type(wanted[name] ?? '?');
    }
    if (name === button) break;
  }
  check(`Tab leads through the form in its order: ${order.join(' → ')}`, same(order, [...fields, button]));
  await page.keyboard.press('Enter');
  await stateIs('on');
  check('who signed in can write at once', await page.evaluate(() => document.activeElement?.id === 'content'));
  await page.keyboard.type('by keyboard');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('alone');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  check('from there Tab leads on to Send', await page.evaluate(() => document.activeElement?.textContent === 'Send'));
  await page.keyboard.press('Shift+Tab');
};

const signInWith = async (
  { page, stateIs }: Viewer,
  { button, fields, signIn }: PageWire,
  world: World,
  { username }: World['ada'],
): Promise<void> => {
  const values: Record<string, string> = { ...signIn(world), [at(fields, 0)]: username, Password: password };
  for (const field of fields) await page.getByLabel(field, { exact: true }).fill(values[field] ?? '');
  await page.getByRole('button', { name: button, exact: true }).click();
  await stateIs('on');
};

/** What a screen reader reads. */
const spoken = async ({ page }: Viewer, wire: PageWire): Promise<void> => {
  // While a history is put there, nobody reads it aloud.
  await page.locator('#log[aria-live="polite"]').waitFor();
  const tree = await spokenTree(page);
  none('whatever one can use or hear has a name', nameless(tree));
  const has = (role: string, name: string): boolean => tree.some((each) => each.role === role && each.name === name);
  const wanted = { log: title, textbox: 'Message', button: 'Send', navigation: wire.navigation, heading: title };
  none(
    'message box, log, navigation and heading are what they are called',
    Object.entries(wanted).filter(([role, name]) => !has(role, name)),
  );
  const live = tree
    .filter(({ role }) => role === 'log' || role === 'status')
    .map((each) => `${each.role} ${each.live}`);
  check(
    `new messages and the state are announced politely: ${live.join()}`,
    live.length >= 2 && live.every((each) => each.endsWith('polite')),
  );
};

const staysText = async (viewers: readonly Viewer[]): Promise<void> => {
  for (const { page, look } of viewers) {
    const { elements, pwned, heading } = await page.evaluate(() => ({
      elements: document.querySelectorAll(
        '#messages .text *, #title *, #places button *, #messages img, #messages script',
      ).length,
      pwned: 'pwned' in window,
      heading: document.querySelector('#title')?.textContent,
    }));
    check(`${look}: messages and the title stay text`, elements === 0 && !pwned && heading === title);
  }
};

/** Each shows what the history says, in its order, and no more. */
const showHistory = async (viewers: readonly Viewer[], history: readonly string[], when: string): Promise<void> => {
  for (const { look, texts } of viewers) {
    const isSame = await until(async () => same(await texts(), history));
    check(`${look}: ${when} all ${history.length} messages are there, once and in order`, isSame);
  }
};

const chat = async (wire: PageWire, viewers: readonly Viewer[], url: string, world: World): Promise<void> => {
  const { ada, bob } = endsOf(viewers);
  await bob.receives('by keyboard\nalone');
  await bob.send('and back');
  await ada.receives('and back');
  await ada.send(markup);
  for (const viewer of viewers) await viewer.receives(markup);
  check('both ways, on every page', true);
  await staysText(viewers);
  await spoken(ada, wire);
  await looked(viewers, `${wire.name}-chat`);
  const closed = viewers.map(({ page }) => page.locator('details:not([open]) > summary'));
  for (const summaries of closed) while ((await summaries.count()) > 0) await summaries.first().click();
  await looked(viewers, `${wire.name}-unfolded`);
  for (const { page, look } of viewers)
    check(`${look}: the newest message stays in sight`, await isInSight(page.locator('#messages li').last()));
  for (const { page } of viewers) await page.locator('#new > summary').click();
  await showHistory(viewers, await wire.history(url, world), 'before the outage');
};

const outageOf = async (wire: PageWire, viewers: readonly Viewer[], stack: Stack, world: World): Promise<void> => {
  const { ada, bob } = endsOf(viewers);
  const otherUrl = at(stack.urls, 1);
  const gateway = stack.processes.get('gateway-1');
  if (gateway === undefined) throw new Error('The stack has two gateways');
  outage.isOn = true;
  await ada.send('in flight');
  // Who is stopped takes what is sent and does nothing with it.
  await gateway.kill('SIGSTOP');
  await ada.send('lost on its way');
  await gateway.kill('SIGKILL');
  for (const { stateIs } of viewers) await stateIs('lost');
  await bob.messageBox.fill('written while nobody answers');
  await bob.messageBox.press('Enter');
  const kept = await bob.messageBox.inputValue();
  check('what is sent without a connection stays where it was written', kept === 'written while nobody answers');
  await looked(viewers, `${wire.name}-disconnected`);
  const client = await wire.client(otherUrl, world);
  for (let n = 1; n <= meanwhileMessages; n += 1) await client.send(`meanwhile ${n}`);
  const began = performance.now();
  await gateway.start();
  const started = performance.now() - began;
  for (const { stateIs } of viewers) await stateIs('on');
  figure('the gateway answers again after', started, 'ms');
  figure('all pages are back after', performance.now() - began, 'ms');
  outage.isOn = false;
  // Whether it went out the page finds out by itself; if it did not, it says so and asks.
  const sending = ada.page.locator('#messages .waiting');
  check('the sender sees how it ended', await until(async () => (await sending.count()) === 0));
  const failed = await ada.page.locator('#messages .failed .text').allTextContents();
  figure('not sent, and said so', failed.join(', '));
  check('… of what was lost', failed.includes('lost on its way'));
  await looked([ada], `${wire.name}-not-sent`);
  check(
    '… and the way to send it again is in sight',
    await isInSight(ada.page.getByRole('button', { name: 'Send again' }).last()),
  );
  for (let left = failed.length; left > 0; left -= 1)
    await ada.page.getByRole('button', { name: 'Send again' }).first().press('Enter');
  await bob.receives('lost on its way');
  await bob.receives('in flight');
  await bob.messageBox.press('Enter');
  await ada.receives('written while nobody answers');
  await client.send('the end');
  client.close();
  const history = await wire.history(otherUrl, world);
  check(
    'the other client sent all of it',
    same(
      history.filter((message) => message.startsWith('meanwhile')),
      Array.from({ length: meanwhileMessages }, (_, n) => `meanwhile ${n + 1}`),
    ),
  );
  for (const once of ['in flight', 'lost on its way'])
    check(`“${once}” was sent once`, history.filter((message) => message === once).length === 1);
  await showHistory(viewers, history, 'after it');
};

/** A live message that is quicker than the history is no reason to show nothing else. */
const lateHistory = async (
  wire: PageWire,
  browser: Browser,
  url: string,
  world: World,
  client: PlainClient,
): Promise<void> => {
  const late = await openViewer(browser, optionsFor(url), { theme: 'light', width: 1280 });
  let answer = (): void => undefined;
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
  await late.page.route(wire.historyPath, async (route) => {
    await mayAnswer;
    await route.continue();
  });
  await late.open(wire.path);
  await signInWith(late, wire, world, world.bob);
  await client.send('quicker than the history');
  await late.receives('quicker than the history');
  answer();
  await showHistory([late], await wire.history(url, world), 'when the history comes last');
  check('… and nothing is said to be hidden', await late.page.locator('#earlier').isHidden());
  none('… without a complaint', late.complaints);
  await late.close();
};

const talk = async (wire: PageWire, browser: Browser, stack: Stack): Promise<void> => {
  console.log(`\n  ${wire.path}`);
  const [url, otherUrl] = [at(stack.urls, 0), at(stack.urls, 1)];
  const world = await wire.world(url);
  // Ada at a light desk and a dark phone, bob the other way round; who speaks is first and last.
  const viewers: Viewer[] = [];
  for (const n of [1, 2, 0, 3]) viewers.push(await openViewer(browser, optionsFor(url), at(looks, n)));
  for (const { open } of viewers) await open(wire.path);
  await looked(viewers, `${wire.name}-sign-in`);
  const { ada: first } = endsOf(viewers);
  await byKeyboard(first, wire, world);
  for (const [n, viewer] of viewers.slice(1).entries())
    await signInWith(viewer, wire, world, n === 0 ? world.ada : world.bob);
  await chat(wire, viewers, url, world);
  await outageOf(wire, viewers, stack, world);
  const client = await wire.client(otherUrl, world);
  await lateHistory(wire, browser, url, world, client);
  client.close();
  for (const { complaints, look } of viewers)
    none(`${look}: the console says nothing but that nobody answered`, complaints);
  await first.page.getByRole('button', { name: 'Sign out' }).click();
  await first.page.getByRole('button', { name: wire.button, exact: true }).waitFor();
  check(
    'whoever signs out is asked to sign in',
    await first.page.evaluate(() => document.activeElement?.getAttribute('name') === 'username'),
  );
  for (const { close } of viewers) await close();
};

await prove(
  async () => {
    const browser = await startChromium();
    figure('browser', `Chromium ${browser.version()}`);
    const stack = await startStack({ scale: { gateway: 2 } });
    afterwards(() => stack.stop());
    await useApp(browser, optionsFor(at(stack.urls, 0)), stack);
    for (const wire of wires) await talk(wire, browser, stack);
    await reading(browser, optionsFor(at(stack.urls, 0)));
    figure('\n  screenshots', `${readdirSync(folder).length} in ${folder}`);
  },
  { withinMs: 600_000 },
);
finish();
