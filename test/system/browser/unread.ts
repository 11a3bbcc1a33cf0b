// Where the web client opens a conversation with more unread messages than the screen shows, and what counts as read then.
import { ParleyClient, signIn } from '@parley/client';
import type { Page } from 'playwright-core';
import { type AppUser, openInApp } from '../../clients/app.js';
import { check } from '../proof/figures.js';
import { until } from './checks.js';
import { password } from './wires.js';

const count = 60;

const connected = async (url: string, login: string): Promise<ParleyClient> => {
  const client = new ParleyClient({ url, tokens: await signIn({ url, login, password }) });
  await client.connect();
  return client;
};

/** How far below the upper edge of the log the line of new messages is, as a part of the log's height; null: there is none. */
const lineAt = (page: Page): Promise<number | null> =>
  page.locator('.conversation .log').evaluate((log) => {
    const line = log.querySelector('.new-line')?.getBoundingClientRect();
    return line === undefined ? null : (line.top - log.getBoundingClientRect().top) / log.clientHeight;
  });

/** `looked` is called when the conversation has opened. */
export const opensAtUnread = async (
  url: string,
  reader: AppUser,
  writer: AppUser,
  looked: () => Promise<void>,
): Promise<void> => {
  const { page } = reader;
  const [theirs, own] = [await connected(url, writer.username), await connected(url, reader.username)];
  await page.goto(`${url}/app/`);
  const { id } = await theirs.rest.openDirect(own.accountId ?? '');
  for (let n = 1; n <= count; n += 1) await theirs.send(id, `unread ${n} of ${count}`);
  const unread = async (): Promise<number> => (await own.rest.channel(id, { summary: true })).unread ?? 0;
  check(`${reader.name}: what was sent is unread`, (await unread()) === count);
  await openInApp(reader, writer.username, writer.name);
  await page.locator('.new-line + .message', { hasText: `unread 1 of ${count}` }).waitFor();
  const place = (await lineAt(page)) ?? -1;
  check(`${reader.name}: it opens at the first of them (${Math.round(place * 100)} %)`, place >= 0 && place < 0.5);
  const button = page.getByRole('button', { name: /^\d+ new messages$/ });
  const isCounted = async (): Promise<boolean> => parseInt((await button.textContent()) ?? '', 10) === (await unread());
  const isPartlyRead = async (): Promise<boolean> => {
    const left = await unread();
    return left > 0 && left < count;
  };
  check(`${reader.name}: what is in sight is read, and what is below is not`, await until(isPartlyRead));
  check(`${reader.name}: what is below the screen is counted`, await until(isCounted));
  await looked();
  await button.press('Enter');
  await page
    .locator('.message', { hasText: `unread ${count} of ${count}` })
    .last()
    .waitFor();
  check(`${reader.name}: at the newest message nothing is unread`, await until(async () => (await unread()) === 0));
  await Promise.all([theirs.close(), own.close()]);
};
