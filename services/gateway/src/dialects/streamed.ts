import type { AccountPrincipal, ChannelId, Message } from '@parley/contracts';
import type { Core } from '../core.js';

/** A channel's messages, oldest first, page by page: a reply on the bus is bounded, a history is not. What is sent meanwhile is not chased. */
export async function* historyPages(
  core: Core,
  channelId: ChannelId,
  principal: AccountPrincipal,
): AsyncGenerator<Message[]> {
  let after = 0;
  let end = Infinity;
  for (;;) {
    const page = await core.chat.message.list({ channelId, after, limit: 500 }, { principal });
    end = Math.min(end, page.head);
    yield page.messages;
    const last = page.messages.at(-1);
    if (!page.more || !last || last.sequence >= end) return;
    after = last.sequence;
  }
}

/**
 * Pages of items as one JSON array in pieces. The first page is read before anything is answered, so that a fault there still
 * gets its own status.
 */
export const streamedArray = async <T>(
  pages: AsyncGenerator<T[]>,
  shape: (item: T) => unknown,
): Promise<AsyncGenerator<string>> => {
  const first = await pages.next();
  return jsonArray(first.done ? [] : first.value, pages, shape);
};

async function* jsonArray<T>(
  first: T[],
  rest: AsyncIterable<T[]>,
  shape: (item: T) => unknown,
): AsyncGenerator<string> {
  const piece = (page: T[]) => page.map((item) => JSON.stringify(shape(item))).join(',');
  let separator = first.length > 0 ? ',' : '';
  yield `[${piece(first)}`;
  for await (const page of rest) {
    if (page.length === 0) continue;
    yield separator + piece(page);
    separator = ',';
  }
  yield ']';
}
