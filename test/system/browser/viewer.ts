// A user's browser window with one page, in one theme and one width.
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';

const themes = ['light', 'dark'] as const;

export interface Look {
  readonly theme: (typeof themes)[number];
  readonly width: number;
}

/** Light and dark, a phone and a desk: each wire is looked at in all four. */
export const looks: readonly Look[] = themes.flatMap((theme) => [390, 1280].map((width) => ({ theme, width })));

const sizeOf = (width: number) =>
  width < 600
    ? { viewport: { width, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
    : { viewport: { width, height: 800 } };

/** What a browser says when nobody answers; only while nobody does. */
const refusal =
  /ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED|WebSocket connection to/;

export interface ViewerOptions {
  readonly url: string;
  /** Where screenshots go. */
  readonly folder: string;
  readonly outage: { isOn: boolean };
}

export interface Viewer {
  readonly page: Page;
  /** Everything that the console and dialogs said, but for refused connections during an outage. */
  readonly complaints: readonly string[];
  /** Theme and width. */
  readonly look: string;
  readonly messageBox: Locator;
  stateIs(wanted: string): Promise<void>;
  open(path: string): Promise<unknown>;
  shot(name: string): Promise<unknown>;
  send(text: string): Promise<void>;
  /** The messages on the screen, in their order. */
  texts(): Promise<string[]>;
  receives(text: string): Promise<void>;
  close(): Promise<void>;
}

export const openViewer = async (
  browser: Browser,
  { url, folder, outage }: ViewerOptions,
  { theme, width }: Look,
): Promise<Viewer> => {
  const context = await browser.newContext({ colorScheme: theme, reducedMotion: 'reduce', ...sizeOf(width) });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (outage.isOn && refusal.test(message.text())) return;
    complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const messageBox = page.getByRole('textbox', { name: 'Message' });
  return {
    ...{ page, complaints, messageBox, look: `${theme} ${width}` },
    stateIs: (wanted) => page.locator(`#state[data-state="${wanted}"]`).waitFor(),
    open: (path) => page.goto(url + path),
    shot: (name) => page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) }),
    send: async (text) => {
      await messageBox.fill(text);
      await messageBox.press('Enter');
    },
    texts: () => page.locator('#messages .text').allTextContents(),
    receives: (text) => page.locator('#messages .message .text', { hasText: text }).last().waitFor(),
    close: () => context.close(),
  };
};
