import type { Entry, Message } from './types.js';

const kinds: ReadonlySet<string> = new Set<Entry['kind']>([
  'message.created',
  'message.edited',
  'message.deleted',
  'reaction.added',
  'reaction.removed',
  'message.pinned',
  'message.unpinned',
]);

const none = { accountIds: [], channel: false };

/** A message with every field: `message.created` leaves out those whose value is the default. */
export const complete = (message: Partial<Message>): Message =>
  ({
    editedAt: null,
    deletedAt: null,
    replyTo: null,
    threadRoot: null,
    inChannel: true,
    replyCount: 0,
    lastReplyAt: null,
    reactions: [],
    mentions: none,
    pinnedAt: null,
    ...message,
  }) as Message;

/** An entry, from a notification or from a list of entries; null: the notification is none. */
export const entryOf = (kind: string, params: object): Entry | null => {
  if (!kinds.has(kind)) return null;
  const { message, ...rest } = params as { message?: Message };
  if (!message) return { ...rest, kind } as Entry;
  const { channelId, sequence } = message;
  return { thread: null, ...rest, kind, channelId, sequence, message: complete(message) } as Entry;
};

/** The id of the message that an entry creates or changes. */
export const messageIdOf = (entry: Entry): string =>
  entry.kind === 'message.created' ? entry.message.id : entry.messageId;

/** A message after an entry of its channel; the same object when the entry does not change it. `accountId`: whose reactions are `mine`. */
export const fold = (message: Message, entry: Entry, accountId: string | null): Message => {
  const thread = 'thread' in entry ? entry.thread : null;
  if (thread?.rootId === message.id) {
    return { ...message, replyCount: thread.replyCount, lastReplyAt: thread.lastReplyAt };
  }
  if (messageIdOf(entry) !== message.id) return message;
  switch (entry.kind) {
    case 'message.created':
      return entry.message;
    case 'message.edited':
      // A replayed edit of a message that was deleted since has an empty text.
      if (message.deletedAt) return message;
      return { ...message, content: entry.content, mentions: entry.mentions, editedAt: entry.at };
    case 'message.deleted':
      return {
        ...message,
        content: { type: 'text', text: '' },
        deletedAt: entry.at,
        reactions: [],
        mentions: none,
        pinnedAt: null,
      };
    case 'message.pinned':
    case 'message.unpinned':
      return { ...message, pinnedAt: entry.kind === 'message.pinned' ? entry.at : null };
    default: {
      const isMine = entry.actor.id === accountId;
      return react(message, entry.emoji, entry.count, isMine ? entry.kind === 'reaction.added' : undefined);
    }
  }
};

/** `mine` undefined: as it was. */
export const react = (message: Message, emoji: string, count: number, mine: boolean | undefined): Message => {
  const at = message.reactions.findIndex((each) => each.emoji === emoji);
  const changed = count > 0 ? [{ emoji, count, mine: mine ?? message.reactions[at]?.mine ?? false }] : [];
  const reactions = [...message.reactions];
  reactions.splice(at < 0 ? reactions.length : at, at < 0 ? 0 : 1, ...changed);
  return { ...message, reactions };
};
