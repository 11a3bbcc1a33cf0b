import type { AccountId, ChannelId, Message } from '@parley/contracts';
import pMap from 'p-map';
import type { z } from 'zod';
import { asItem, newestFirst } from './history.js';
import type { Asking } from './history.js';
import { toPartner } from './shapes.js';
import type { ChatEntry } from './shapes.js';

const channelsMax = 1_000;
const lookedThroughMax = 100;
const sideBySideMax = 20;

interface Chat {
  readonly message: Message;
  readonly partnerId: AccountId;
}

/** Everybody with whom something was said, the newest first, each once, with the last message that the caller can read. */
export const chatsOf = async (asking: Asking): Promise<z.output<typeof ChatEntry>[]> => {
  const chats = (await chatsBy(asking)).sort((one, other) => compare(other.message.sentAt, one.message.sentAt));
  const entries = await pMap(chats, (chat) => entryOf(chat, asking), { concurrency: sideBySideMax });
  return entries.filter((entry) => entry !== null);
};

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** null: the partner's account was deleted. */
const entryOf = async ({ message, partnerId }: Chat, { core, principal, system }: Asking) => {
  const partner = await core.auth.account.find({ reference: { id: partnerId } }, { principal: system });
  const item = partner && asItem(message, partner.number, principal);
  return item && { partner: toPartner(partner), message: item };
};

const chatsBy = async (asking: Asking): Promise<Chat[]> => {
  const { core, principal } = asking;
  const chats: Chat[] = [];
  let before: number | undefined;
  let seen = 0;
  do {
    const { channels, next } = await core.topics.channel.list(
      { kinds: ['direct'], joined: true, limit: 200, ...(before === undefined ? {} : { before }) },
      { principal },
    );
    const channelIds = channels.map(({ id }) => id);
    for (const { channelId, last, head } of await core.chat.channel.summaries({ channelIds }, { principal })) {
      // A channel is made when somebody looks at a partner; where nothing was said there is no chat.
      const message = head === 0 ? null : await readable(last, channelId, asking);
      if (message) chats.push({ message, partnerId: partnerIn(message, principal.accountId) });
    }
    seen += channels.length;
    before = next ?? undefined;
  } while (before !== undefined && seen < channelsMax);
  return chats;
};

/** The last one where it holds a ciphertext for the caller; another wire of a shared realm may have said plain text since. */
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
