import type { AccountId, ChannelId, Message } from '@parley/contracts';
import type { z } from 'zod';
import { asItem, newestFirst } from './history.js';
import type { Asking } from './history.js';
import { toPartner } from './shapes.js';
import type { ChatEntry } from './shapes.js';

const pageOfChats = 20;
const lookedThroughMax = 100;

type Entry = z.output<typeof ChatEntry>;

/**
 * Every chat of the caller, each once, with the last message that the caller can read, most recent chats first. Messages sent meanwhile do
 * not reorder chats: a chat keeps the place that it had when its page was read.
 */
export async function* chatPages(asking: Asking): AsyncGenerator<Entry[]> {
  const { core, principal } = asking;
  const seen = new Set<ChannelId>();
  let before: number | undefined;
  do {
    const { chats, next } = await core.chat.inbox.chats(
      { limit: pageOfChats, ...(before === undefined ? {} : { before }) },
      { principal },
    );
    const channelIds = chats.map(({ channelId }) => channelId).filter((id) => !seen.has(id));
    for (const id of channelIds) seen.add(id);
    const summaries = channelIds.length > 0 ? await core.chat.channel.summaries({ channelIds }, { principal }) : [];
    const entries = await Promise.all(summaries.map((summary) => entryOf(summary, asking)));
    yield entries.filter((entry) => entry !== null);
    before = next ?? undefined;
  } while (before !== undefined);
}

interface Summary {
  readonly channelId: ChannelId;
  readonly last: Message | null;
}

/** null: there is no message that the caller can read, or the partner's account was deleted. */
const entryOf = async ({ channelId, last }: Summary, asking: Asking): Promise<Entry | null> => {
  const message = await readable(last, channelId, asking);
  if (message === null) return null;
  const { core, principal, system } = asking;
  const id = partnerIn(message, principal.accountId);
  const partner = await core.auth.account.find({ reference: { id } }, { principal: system });
  const item = partner && asItem(message, partner.number, principal);
  return item && { partner: toPartner(partner), message: item };
};

/** The last message with a ciphertext for the caller; another dialect of a shared realm may have sent plain text since. */
const readable = async (last: Message | null, channelId: ChannelId, asking: Asking): Promise<Message | null> => {
  const { accountId } = asking.principal;
  const isFor = ({ content }: Message) => content.type === 'encrypted' && content.byReader[accountId] !== undefined;
  if (last && isFor(last)) return last;
  let looked = 0;
  for await (const message of newestFirst(channelId, undefined, lookedThroughMax, asking)) {
    if (isFor(message)) return message;
    if (++looked >= lookedThroughMax) break;
  }
  return null;
};

const partnerIn = ({ sender, content }: Message, self: AccountId): AccountId => {
  if (sender.id !== self) return sender.id;
  const readers = content.type === 'encrypted' ? (Object.keys(content.byReader) as AccountId[]) : [];
  return readers.find((reader) => reader !== self) ?? self;
};
