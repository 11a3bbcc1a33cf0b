// Somebody who looks at one page, in one theme and one width.
import { join } from 'node:path';

/** Light and dark, a phone and a desk: each wire is looked at in all four. */
export const looks = ['light', 'dark'].flatMap((theme) => [390, 1280].map((width) => ({ theme, width })));

const sizeOf = (width) =>
  width < 600
    ? { viewport: { width, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
    : { viewport: { width, height: 800 } };

/** What a browser says when nobody answers; only while nobody does. */
const refusal =
  /ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED|WebSocket connection to/;

export const openViewer = async (browser, { url, theme, width, folder, outage }) => {
  const context = await browser.newContext({ colorScheme: theme, reducedMotion: 'reduce', ...sizeOf(width) });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (outage.isOn && refusal.test(message.text())) return;
    complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  page.on('dialog', (dialog) => (complaints.push(`dialog: ${dialog.message()}`), dialog.dismiss()));

  const state = page.locator('#state');
  const stateIs = (wanted) => page.locator(`#state[data-state="${wanted}"]`).waitFor();
  const sayBox = page.getByRole('textbox', { name: 'Message' });
  return {
    ...{ page, complaints, state, stateIs, sayBox, look: `${theme} ${width}` },
    open: (path) => page.goto(url + path),
    shot: (name) => page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) }),
    say: async (text) => {
      await sayBox.fill(text);
      await sayBox.press('Enter');
    },
    /** What is said on the screen, in its order. */
    texts: () => page.locator('#messages .text').allTextContents(),
    receives: (text) => page.locator('#messages .message .text', { hasText: text }).last().waitFor(),
    close: () => context.close(),
  };
};
