import { notFound, ShortNumber } from '@parley/contracts';
import type { Account, AccountPrincipal, ChannelId, Message, SystemPrincipal } from '@parley/contracts';
import type { z } from 'zod';
import type { Queries } from '../../protocol/queries.js';
import { cursorOf, toItem, zones } from './shapes.js';
import type { Cursor, Item } from './shapes.js';

export interface Asking {
  readonly core: Queries;
  readonly principal: AccountPrincipal;
  readonly system: SystemPrincipal;
}

const pageMax = 500;

export const partnerWith = async (digits: string, { core, system }: Omit<Asking, 'principal'>): Promise<Account> => {
  const number = ShortNumber.safeParse(Number(digits));
  if (!number.success) throw notFound('account');
  const account = await core.auth.account.find({ reference: { number: number.data } }, { principal: system });
  if (!account) throw notFound('account');
  return account;
};

/** The newest `limit` messages of the direct channel `id` with the partner, newest first; only those before a time if one is given. */
export const messagesWith = async (
  partner: Account,
  id: ChannelId,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
  asking: Asking,
): Promise<z.output<typeof Item>[]> => {
  const { principal } = asking;
  const end = before === undefined ? undefined : await sequenceAt(cursorOf(before), id, asking);
  const found: z.output<typeof Item>[] = [];
  for await (const message of newestFirst(id, end, limit, asking)) {
    if (found.length >= limit) break;
    const item = asItem(message, partner.number, principal);
    if (item) found.push(item);
  }
  return found;
};

export const asItem = (message: Message, partner: number, { accountId, number }: AccountPrincipal) =>
  toItem(
    message,
    accountId,
    message.sender.id === accountId ? { sender: number, receiver: partner } : { sender: partner, receiver: number },
    zones.rest,
  );

export async function* newestFirst(
  channelId: ChannelId,
  end: number | undefined,
  limit: number,
  { core, principal }: Asking,
): AsyncGenerator<Message> {
  let before = end;
  for (;;) {
    const page = await core.chat.message.list(
      { channelId, limit: Math.min(Math.max(limit, 1), pageMax), ...(before === undefined ? {} : { before }) },
      { principal },
    );
    yield* page.messages.toReversed();
    const first = page.messages[0];
    if (!page.more || !first) return;
    before = first.sequence;
  }
}

/** The sequence of the message that a cursor names; for a time that no message has, the first message at that time or later. */
const sequenceAt = async (cursor: Cursor, channelId: ChannelId, { core, principal }: Asking): Promise<number> => {
  const from = async (sequence: number) =>
    core.chat.message.list({ channelId, after: sequence - 1, limit: 1 }, { principal });
  const { head } = await from(1);
  // Tries the newest sequence that the cursor can mean, then the earlier ones.
  const above = (head - cursor.sequence) % cursor.step;
  for (let sequence = head - above; sequence > 0 && sequence >= cursor.sequence; sequence -= cursor.step) {
    const [message] = (await from(sequence)).messages;
    if (message?.sequence === sequence && message.sentAt.startsWith(cursor.second)) return sequence;
  }
  let [low, high] = [1, head + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [message] = (await from(middle)).messages;
    if (!message || message.sentAt >= cursor.millisecond) high = middle;
    else low = message.sequence + 1;
  }
  return low;
};
