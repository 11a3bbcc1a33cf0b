import type { AccountSummary, ChannelId, Entry, MessageId, ThreadSummary } from '@parley/contracts';
import type { ChangeKind } from '../domain/message.js';
import { type MessageRow, formOf, messageBytes, messageColumns, messageFromRow, noMentions } from './message-row.js';

/** An entry with the message that it creates or changes; the message is missing when it was removed meanwhile. */
export interface EntryRow extends Omit<MessageRow, 'id' | 'channel_id' | 'sequence'> {
  readonly id: MessageId | null;
  readonly entry_kind: 'message' | ChangeKind;
  readonly entry_channel_id: ChannelId;
  readonly entry_sequence: string;
  readonly message_sequence: string;
  readonly entry_sender: AccountSummary;
  readonly entry_client_id: string;
  readonly entry_at: Date;
  readonly detail: { readonly messageId: MessageId; readonly number: number; readonly emoji?: string; readonly count?: number } | null;
  readonly root_reply_count: number | null;
  readonly root_last_reply_at: Date | null;
  // Null where the message is missing.
  readonly channel_id: ChannelId | null;
  readonly sequence: string | null;
}

const target = 'coalesce(l.message_sequence, l.sequence)';

/** Joins to an entry `l` of the log: the entry `e` that created its message, the form `m`, and the form `t` of the thread's root. */
export const entryJoins = `
  left join chat.entries e on e.channel_id = l.channel_id and e.sequence = ${target}
  left join chat.messages m on ${formOf('m', 'l.channel_id', target)}
  left join chat.messages t on ${formOf('t', 'l.channel_id', 'm.root_sequence')}`;

export const entryColumns = `
  l.kind as entry_kind, l.channel_id as entry_channel_id, l.sequence as entry_sequence, ${target} as message_sequence,
  l.sender as entry_sender, l.client_id as entry_client_id, l.sent_at as entry_at, l.detail,
  t.reply_count as root_reply_count, t.last_reply_at as root_last_reply_at, ${messageColumns()}`;

/** At least the bytes of the entry as JSON: only a message and an edit show a content. */
export const entryBytes = `case when l.kind in ('message', 'message.edited') then coalesce(${messageBytes()}, 0) else 0 end + l.bytes + 300`;

const threadOf = (row: EntryRow): ThreadSummary | null =>
  row.thread_root === null || row.thread_root === undefined
    ? null
    : {
        rootId: row.thread_root,
        replyCount: row.root_reply_count ?? 0,
        lastReplyAt: row.root_last_reply_at?.toISOString() ?? null,
      };

/** The entry, with its message in its current form. */
export const entryFromRow = (row: EntryRow): Entry => {
  const sequence = Number(row.entry_sequence);
  if (row.entry_kind === 'message')
    return { kind: 'message.created', sequence, message: messageFromRow(row as MessageRow), thread: threadOf(row) };
  if (row.detail === null) throw new Error(`The entry ${sequence} of ${row.entry_channel_id} names no message`);
  const change = {
    sequence,
    channelId: row.entry_channel_id,
    messageId: row.detail.messageId,
    messageNumber: row.detail.number,
    messageSequence: Number(row.message_sequence),
    actor: row.entry_sender,
    clientId: row.entry_client_id,
    at: row.entry_at.toISOString(),
  };
  switch (row.entry_kind) {
    case 'message.edited': {
      const content = row.content ?? { type: 'text', text: '' };
      return { kind: row.entry_kind, ...change, content, mentions: row.mentions ?? noMentions() };
    }
    case 'message.deleted':
      return { kind: row.entry_kind, ...change, thread: threadOf(row) };
    case 'reaction.added':
    case 'reaction.removed':
      return { kind: row.entry_kind, ...change, emoji: row.detail.emoji ?? '', count: row.detail.count ?? 0 };
    default:
      return { kind: row.entry_kind, ...change };
  }
};
