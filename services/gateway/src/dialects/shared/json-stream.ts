import { setImmediate } from 'node:timers/promises';
import type { AccountPrincipal, ChannelId, Message } from '@parley/contracts';
import type { Queries } from '../../protocol/queries.js';
import { jsonOf } from './json-text.js';
import { isShown } from './shown-messages.js';

const historyPage = 200;

/**
 * A channel's messages in their current form, oldest first, page by page, because a reply on the bus is bounded and a history is not.
 * Excludes deleted messages, and those sent meanwhile.
 */
export async function* historyPages(
  core: Queries,
  channelId: ChannelId,
  principal: AccountPrincipal,
): AsyncGenerator<Message[]> {
  yield* pagesBetween(core, channelId, principal, 0, Infinity);
}

async function* pagesBetween(
  core: Queries,
  channelId: ChannelId,
  principal: AccountPrincipal,
  begin: number,
  upTo: number,
): AsyncGenerator<Message[]> {
  let [after, end] = [begin, upTo];
  for (;;) {
    const page = await core.chat.message.list({ channelId, after, limit: historyPage }, { principal });
    end = Math.min(end, page.head);
    yield page.messages.filter((message) => message.sequence <= end && isShown(message));
    const last = page.messages.at(-1);
    if (!page.more || !last || last.sequence >= end) return;
    after = last.sequence;
  }
}

/**
 * The last messages of a channel that are not deleted, the oldest of them first, page by page. Reads backwards to find the first of them
 * and then forwards, so that one page at a time is in memory.
 */
export async function* recentPages(
  core: Queries,
  channelId: ChannelId,
  principal: AccountPrincipal,
  count: number,
): AsyncGenerator<Message[]> {
  const { messages, more, head } = await newestPage(
    core,
    channelId,
    principal,
    Math.min(Math.max(count, 1), historyPage),
  );
  const shown = messages.filter(isShown);
  if (shown.length >= count || !more) {
    yield count > 0 ? shown.slice(-count) : [];
    return;
  }
  const first = await firstOf(core, channelId, principal, { count: count - shown.length, before: messages[0] });
  yield* pagesBetween(core, channelId, principal, first - 1, head);
}

const newestPage = (core: Queries, channelId: ChannelId, principal: AccountPrincipal, limit: number) =>
  core.chat.message.list({ channelId, limit }, { principal });

/** The sequence of the first of the last `count` messages before one; 1 if there are not so many. */
const firstOf = async (
  core: Queries,
  channelId: ChannelId,
  principal: AccountPrincipal,
  { count, before }: { readonly count: number; readonly before: Message | undefined },
): Promise<number> => {
  let missing = count;
  for (let first = before; first;) {
    const input = { channelId, before: first.sequence, limit: historyPage };
    const page = await core.chat.message.list(input, { principal });
    const shown = page.messages.filter(isShown);
    if (shown.length >= missing) return shown.at(-missing)?.sequence ?? 1;
    missing -= shown.length;
    if (!page.more) return 1;
    first = page.messages[0];
  }
  return 1;
};

/**
 * Streams pages of items as one JSON array. It reads the first page before the response starts, so that a fault there still gets its own
 * status.
 */
export const streamedArray = async <T>(
  pages: AsyncGenerator<T[]>,
  shape: (item: T) => unknown,
): Promise<AsyncGenerator<string>> => {
  const first = await pages.next();
  return joined('[', first, pages, (item) => jsonOf(shape(item)), ']');
};

/** Streams an object whose last key holds such an array: `{...head, [key]: [...]}`. */
export const streamedObject = async <T>(
  head: object,
  key: string,
  pages: AsyncGenerator<T[]>,
  shape: (item: T) => unknown,
): Promise<AsyncGenerator<string>> => {
  const first = await pages.next();
  return joined(`${opened(head, key)}[`, first, pages, (item) => jsonOf(shape(item)), ']}');
};

/** Streams an object whose last key holds an object with an entry for each item: `{...head, [key]: {name: value, ...}}`. */
export const streamedEntries = async <T>(
  head: object,
  key: string,
  pages: AsyncGenerator<T[]>,
  entry: (item: T) => readonly [name: string, value: unknown],
): Promise<AsyncGenerator<string>> => {
  const first = await pages.next();
  return joined(`${opened(head, key)}{`, first, pages, pieceOf(entry), '}}');
};

/**
 * Such an object with the number of its entries, for pages whose total is not known in advance: `{count, [key]: {...}}`, and with more than
 * one page `{[key]: {...}, count}`.
 */
export const countedEntries = <T>(
  key: string,
  pages: AsyncGenerator<T[]>,
  entry: (item: T) => readonly [name: string, value: unknown],
): Promise<AsyncGenerator<string>> => counted({}, 'count', key, '{}', pages, pieceOf(entry));

/** The same with an array: `{...head, [countKey], [key]: [...]}`, and with more than one page `{...head, [key]: [...], [countKey]}`. */
export const countedArray = <T>(
  head: object,
  countKey: string,
  key: string,
  pages: AsyncGenerator<T[]>,
  shape: (item: T) => unknown,
): Promise<AsyncGenerator<string>> => counted(head, countKey, key, '[]', pages, (item) => jsonOf(shape(item)));

const counted = async <T>(
  head: object,
  countKey: string,
  key: string,
  [open, close]: string,
  pages: AsyncGenerator<T[]>,
  piece: (item: T) => string,
): Promise<AsyncGenerator<string>> => {
  const first = await pages.next();
  const second = first.done ? first : await pages.next();
  const begun = [...(first.done ? [] : first.value), ...(second.done ? [] : second.value)];
  if (second.done) {
    const pieces = inPages(begun);
    const whole = { ...head, [countKey]: begun.length };
    return joined(opened(whole, key) + open, await pieces.next(), pieces, piece, `${close}}`);
  }
  let count = 0;
  const counting = (item: T): string => {
    count += 1;
    return piece(item);
  };
  const total = () => `${close},${JSON.stringify(countKey)}:${count}}`;
  return joined(opened(head, key) + open, { value: begun }, pages, counting, total);
};

const pieceOf =
  <T>(entry: (item: T) => readonly [name: string, value: unknown]) =>
  (item: T): string => {
    const [name, value] = entry(item);
    return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  };

/** Splits existing items into pages and yields to the event loop between them. */
export async function* inPages<T>(items: readonly T[], size = 200): AsyncGenerator<T[]> {
  for (let at = 0; at < items.length; at += size) {
    if (at > 0) await setImmediate();
    yield items.slice(at, at + size);
  }
}

const opened = (head: object, key: string): string => {
  const entries = jsonOf(head).slice(1, -1);
  return `{${entries}${entries === '' ? '' : ','}${JSON.stringify(key)}:`;
};

async function* joined<T>(
  open: string,
  first: IteratorResult<T[], unknown>,
  rest: AsyncIterable<T[]>,
  piece: (item: T) => string,
  close: string | (() => string),
): AsyncGenerator<string> {
  const items = first.done ? [] : first.value;
  let separator = items.length > 0 ? ',' : '';
  yield open + items.map(piece).join(',');
  for await (const page of rest) {
    if (page.length === 0) continue;
    yield separator + page.map(piece).join(',');
    separator = ',';
  }
  yield typeof close === 'string' ? close : close();
}
