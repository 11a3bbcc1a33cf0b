import type { ChangeEntry, Entry, Message, MessageId, ThreadSummary } from '@parley/contracts';

type Reactions = Message['reactions'];

/** What a client shows of a channel: messages by id, each with the head up to which it is folded. */
export class FoldedChannel {
  private readonly byId = new Map<MessageId, { message: Message; head: number }>();

  /** The messages in order, without what depends on the reader, reactions in the order of their emojis. */
  get messages(): Message[] {
    return [...this.byId.values()].map(({ message }) => comparable(message)).sort((a, b) => a.sequence - b.sequence);
  }

  get ids(): MessageId[] {
    return [...this.byId.keys()];
  }

  addPage({ messages, head }: { readonly messages: readonly Message[]; readonly head: number }): void {
    for (const message of messages) this.byId.set(message.id, { message, head });
  }

  /** `adds`: whether created messages are added, or only changes of known ones applied. */
  apply(entry: Entry, adds: boolean): void {
    if (entry.kind === 'message.created') {
      const { message, sequence, thread } = entry;
      if (adds && !this.byId.has(message.id)) this.byId.set(message.id, { message, head: sequence });
      if (thread) this.applyThread(thread, sequence);
      return;
    }
    if (entry.kind === 'message.deleted' && entry.thread) this.applyThread(entry.thread, entry.sequence);
    const held = this.byId.get(entry.messageId);
    if (held && entry.sequence > held.head) held.message = changed(held.message, entry);
  }

  private applyThread({ rootId, replyCount, lastReplyAt }: ThreadSummary, sequence: number): void {
    const held = this.byId.get(rootId);
    if (held && sequence > held.head) held.message = { ...held.message, replyCount, lastReplyAt };
  }
}

const noMentions = { accountIds: [], channel: false };

const changed = (message: Message, entry: ChangeEntry): Message => {
  switch (entry.kind) {
    case 'message.edited':
      return { ...message, content: entry.content, mentions: entry.mentions, editedAt: entry.at };
    case 'message.deleted': {
      const content = { type: 'text' as const, text: '' };
      const emptied = { content, raw: null, reactions: [], mentions: noMentions, pinnedAt: null };
      return { ...message, ...emptied, deletedAt: entry.at };
    }
    case 'reaction.added':
    case 'reaction.removed':
      return { ...message, reactions: counted(message.reactions, entry.emoji, entry.count) };
    case 'message.pinned':
      return { ...message, pinnedAt: entry.at };
    case 'message.unpinned':
      return { ...message, pinnedAt: null };
  }
};

const counted = (reactions: Reactions, emoji: string, count: number): Reactions => {
  const others = reactions.filter((one) => one.emoji !== emoji);
  return count === 0 ? others : [...others, { emoji, count, mine: false }];
};

export const comparable = (message: Message): Message => ({
  ...message,
  reactions: message.reactions
    .map(({ emoji, count }) => ({ emoji, count, mine: false }))
    .sort((a, b) => (a.emoji < b.emoji ? -1 : 1)),
});
