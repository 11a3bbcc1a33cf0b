import type { Chat, Client } from '@parley/contracts';
import { derivedId } from '../derived-id.js';
import type { ContentRecord, MessageRecord, ReactionRecord, ReadRecord } from '../records.js';
import { type WriteContext, addAll } from './context.js';
import { groupsOf } from './groups.js';
import { persistently } from './persistently.js';

type Rows = Client<Chat>['import'];
type MessageInput = Parameters<Rows['messages']>[0]['rows'][number];
type ReactionInput = Parameters<Rows['reactions']>[0]['rows'][number];
type ReceiptInput = Parameters<Rows['receipts']>[0]['rows'][number];

export const writeMessages = async (context: WriteContext, records: readonly MessageRecord[]): Promise<number> => {
  const { importId, owners, options, signal } = context;
  const account = (sourceId: string): string => derivedId(importId, 'account', sourceId);
  const senders = await persistently(() => context.names.of(records.map(({ sender }) => account(sender))), { signal });
  const rows = records.map((record): MessageInput => {
    const sender = senders.get(account(record.sender));
    if (sender === undefined) throw new Error(`The message ${record.sourceId} has no sender`);
    return {
      id: messageId(importId, record.clientId),
      channelId: derivedId(importId, 'channel', record.channel),
      sender,
      clientId: record.clientId,
      content: contentOf(record.content, account),
      raw: record.raw,
      sentAt: record.sentAt,
      participants: participantsOf(context, record).map(account),
    };
  });
  // The source of rooms says what was read; elsewhere whoever sent a message has seen those before it.
  const readBySender = context.source !== 'rooms';
  let added = 0;
  let done = 0;
  for (const group of groupsOf(rows)) {
    const answer = await persistently(
      () => owners.chat.import.messages({ importId, rows: group, readBySender }, options),
      {
        signal,
      },
    );
    added += answer.added;
    const written = records.slice(done, (done += group.length));
    await context.mapped(
      written.map(({ sourceId }, index) => ({
        sourceId,
        id: group[index]?.id ?? '',
        number: answer.numbers[index] ?? 0,
      })),
    );
  }
  return added;
};

const messageId = (importId: string, clientId: string): string => derivedId(importId, 'message', clientId);

/** The direct channels of fluent, the only ones of a source, are named by their two accounts. */
const participantsOf = ({ source }: WriteContext, { channel }: MessageRecord): string[] =>
  source === 'fluent' ? [...new Set(channel.split(':'))] : [];

const contentOf = (content: ContentRecord, account: (sourceId: string) => string): MessageInput['content'] =>
  content.type === 'text'
    ? content
    : {
        ...content,
        byReader: Object.fromEntries(Object.entries(content.byReader).map(([id, text]) => [account(id), text])),
      };

export const writeReactions = async (context: WriteContext, records: readonly ReactionRecord[]): Promise<number> => {
  const { importId, names, owners, signal } = context;
  const accountId = (sourceId: string): string => derivedId(importId, 'account', sourceId);
  const senders = await persistently(() => names.of(records.map(({ account }) => accountId(account))), { signal });
  const rows = records.flatMap(({ account, channel, message, clientId, emoji, reactedAt }): ReactionInput[] => {
    const sender = senders.get(accountId(account));
    if (sender === undefined) return [];
    const channelId = derivedId(importId, 'channel', channel);
    return [{ channelId, messageId: messageId(importId, message), sender, clientId, emoji, reactedAt }];
  });
  return addAll(context, rows, owners.chat.import.reactions);
};

export const writeReads = (context: WriteContext, records: readonly ReadRecord[]): Promise<number> =>
  addAll(
    context,
    records.map(({ account, channel, message }): ReceiptInput => ({
      accountId: derivedId(context.importId, 'account', account),
      channelId: derivedId(context.importId, 'channel', channel),
      messageId: messageId(context.importId, message),
    })),
    context.owners.chat.import.receipts,
  );
