// What a client of v1 makes of pages and entries, by the rule of docs/protocol-v1.md and by nothing else.
import type { Frame } from '@parley/testing';

interface Reaction {
  readonly emoji: string;
  readonly count: number;
}

interface Thread {
  readonly rootId: string;
  readonly replyCount: number;
  readonly lastReplyAt: string | null;
}

/** A message as `message.created` has it: fields whose value is the default may be missing. */
export interface V1Message {
  readonly id: string;
  readonly channelId: string;
  readonly sequence: number;
  readonly content: { readonly type: string; readonly text?: string };
  readonly reactions?: readonly Reaction[];
  readonly [field: string]: unknown;
}

export interface V1Page {
  readonly messages: readonly V1Message[];
  readonly head: number;
}

interface Change {
  readonly channelId: string;
  readonly sequence: number;
  readonly messageId: string;
  readonly at: string;
  readonly content: V1Message['content'];
  readonly mentions: unknown;
  readonly emoji: string;
  readonly count: number;
  readonly thread?: Thread | null;
}

const defaults = {
  editedAt: null,
  deletedAt: null,
  replyTo: null,
  threadRoot: null,
  inChannel: true,
  replyCount: 0,
  lastReplyAt: null,
  reactions: [],
  mentions: { accountIds: [], channel: false },
  pinnedAt: null,
};

/** One channel of a client: the messages that it has loaded, in their current form. */
export class FoldedChannel {
  private readonly messages = new Map<string, V1Message>();
  /** By message: the head of the page that it came with, or its own sequence. */
  private readonly foldedUpTo = new Map<string, number>();
  private readonly entries: Frame[] = [];

  constructor(readonly channelId: string) {}

  load({ messages, head }: V1Page): void {
    for (const message of messages) {
      // What was folded since is newer than the page.
      if ((this.foldedUpTo.get(message.id) ?? -1) > head) continue;
      this.messages.set(message.id, { ...defaults, ...message });
      this.foldedUpTo.set(message.id, head);
    }
    // A message that the page brought may have changed while the page was read.
    for (const frame of this.entries) this.fold(frame);
  }

  /** Frames that are no entries of this channel are ignored. */
  apply(frame: Frame): void {
    this.entries.push(frame);
    this.fold(frame);
  }

  private fold({ method, params }: Frame): void {
    if (method === 'message.created') {
      const { message, thread } = params as { message: V1Message; thread?: Thread };
      if (message.channelId !== this.channelId) return;
      if (!this.messages.has(message.id)) this.messages.set(message.id, { ...defaults, ...message });
      if (!this.foldedUpTo.has(message.id)) this.foldedUpTo.set(message.id, message.sequence);
      if (thread) this.count(thread, message.sequence);
      return;
    }
    const change = params as Change;
    if (change.channelId !== this.channelId || !(String(method) in folds)) return;
    this.change(change.messageId, change.sequence, (message) => folds[String(method)]?.(message, change) ?? {});
    if (change.thread) this.count(change.thread, change.sequence);
  }

  /** The messages that the channel shows, in order. Who reacted is in the entries, so `mine` is left out. */
  shown(): V1Message[] {
    return shownOf([...this.messages.values()]);
  }

  /** Every message, also those that only threads show, in order. */
  all(): V1Message[] {
    return [...this.messages.values()].toSorted((one, other) => one.sequence - other.sequence);
  }

  private count({ rootId, replyCount, lastReplyAt }: Thread, sequence: number): void {
    this.change(rootId, sequence, () => ({ replyCount, lastReplyAt }));
  }

  private change(messageId: string, sequence: number, fold: (message: V1Message) => Partial<V1Message>): void {
    const message = this.messages.get(messageId);
    if (!message || sequence <= (this.foldedUpTo.get(messageId) ?? 0)) return;
    this.foldedUpTo.set(messageId, sequence);
    this.messages.set(messageId, { ...message, ...fold(message) });
  }
}

const folds: Readonly<Record<string, (message: V1Message, change: Change) => Partial<V1Message>>> = {
  'message.edited': (message, { content, mentions, at }) =>
    message['deletedAt'] === null ? { content, mentions, editedAt: at } : {},
  'message.deleted': (_message, { at }) => ({
    content: { type: 'text', text: '' },
    deletedAt: at,
    reactions: [],
    mentions: defaults.mentions,
    pinnedAt: null,
  }),
  'reaction.added': (message, { emoji, count }) => withReaction(message, emoji, count),
  'reaction.removed': (message, { emoji, count }) => withReaction(message, emoji, count),
  'message.pinned': (_message, { at }) => ({ pinnedAt: at }),
  'message.unpinned': () => ({ pinnedAt: null }),
};

const withReaction = ({ reactions = [] }: V1Message, emoji: string, count: number): Partial<V1Message> => {
  const isKnown = reactions.some((one) => one.emoji === emoji);
  const counted = reactions.map((one) => (one.emoji === emoji ? { ...one, count } : one));
  return { reactions: (isKnown ? counted : [...counted, { emoji, count }]).filter((one) => one.count > 0) };
};

/** Messages of a page or of a fold in one form, so that they can be compared. */
export const shownOf = (messages: readonly V1Message[]): V1Message[] =>
  messages
    .filter(({ inChannel }) => inChannel !== false)
    .map((message) => ({
      ...defaults,
      ...message,
      reactions: (message.reactions ?? []).map(({ emoji, count }) => ({ emoji, count })),
    }))
    .toSorted((one, other) => one.sequence - other.sequence);
