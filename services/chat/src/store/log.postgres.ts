import type { ChannelId, Entry } from '@parley/contracts';
import { type Database, Pipeline, query, withCallerDeadline } from '@parley/postgres';
import type { Appended, Refused, Stored } from '../domain/announcements.js';
import type { Change, Draft } from '../domain/message.js';
import { type NewRow, type NewlyStored, appendNew } from './append-new.postgres.js';
import { entryPagesInPostgres } from './entry-pages.postgres.js';
import { type EntryRow, entryColumns, entryFromRow, entryJoins } from './entry-row.js';
import type { EntryLog, Prepared } from './log.js';
import { noMentions } from './message-row.js';

export const logInPostgres = (database: Database): EntryLog => ({
  prepare,
  append: appendTo(database),
  ...entryPagesInPostgres(database),
});

// What the store adds (id, number, channel, sequence, time) is shorter than this.
const addedBytesMax = 400;

const prepare = (draft: Draft | Change): Prepared => {
  const json = JSON.stringify({
    sender: draft.sender,
    client_id: draft.clientId,
    content: draft.content,
    ...(draft.kind === 'message' && { reference: draft.reference, raw: draft.raw }),
  });
  return { draft, bytes: Buffer.byteLength(json) + addedBytesMax, json };
};

/** The argument of `chat.append_entries` for one entry. */
const itemOf = ({ draft, bytes, json }: Prepared): string => {
  const item = JSON.stringify({
    bytes,
    kind: draft.kind,
    realm: draft.realm,
    channel_id: draft.channel.id,
    channel: draft.channel,
    sender_id: draft.sender.id,
    participants: draft.participants.length > 0 ? draft.participants : null,
    ...(draft.kind === 'message' ? ofMessage(draft) : ofChange(draft)),
  });
  // Spliced in, to avoid serializing 16 KB of text again.
  return `${item.slice(0, -1)},${json.slice(1)}`;
};

const ofMessage = (draft: Draft) => ({
  in_channel: draft.inChannel,
  ...(draft.replyTo !== null && { reply_to: draft.replyTo }),
  ...(draft.threadRoot !== null && { thread_root: draft.threadRoot.id, root_sequence: draft.threadRoot.sequence }),
  ...(draft.mentions !== null && { mentions: draft.mentions }),
});

const ofChange = (draft: Change) => ({
  message_sequence: draft.messageSequence,
  moderates: draft.moderates,
  mentions: draft.mentions,
  window_ms: draft.windowMs,
  emoji: draft.emoji,
});

interface AppendedRow extends Pick<NewRow, 'number' | 'sequence' | 'inbox'> {
  /** null: of an entry that is not new. */
  readonly id: NewRow['id'] | null;
  readonly sent_at: Date;
  readonly ordinal: number;
  readonly fault: Refused['refused'] | null;
  readonly repeated: boolean;
  readonly reply_count: number | null;
}

const appendTo = (database: Database): EntryLog['append'] => {
  const pipeline = new Pipeline(database);
  return async (group, deadline) => {
    const stored = await appendNew(pipeline, group, deadline);
    if (stored !== null) return stored.map(appendedNew);
    return withCallerDeadline(deadline, async () =>
      appendedFromRows(database, await appendEntries(database, group), group),
    );
  };
};

const appendedNew = ({ row, draft }: NewlyStored): Stored => ({
  entry: newEntry(row, draft, 0),
  inbox: row.inbox ?? [],
  repeated: false,
});

const appendedFromRows = async (
  database: Database,
  rows: readonly AppendedRow[],
  group: readonly Prepared[],
): Promise<Appended[]> => {
  if (rows.length !== group.length) throw new Error(`append_entries answered ${rows.length} of ${group.length}`);
  const draftOf = ({ ordinal }: AppendedRow): Draft | Change => (group[ordinal - 1] as Prepared).draft;
  const toRead = rows.filter((row) => row.fault === null && (row.repeated || draftOf(row).kind !== 'message'));
  const entries = await entriesAt(
    database,
    toRead.map((row) => ({ channelId: draftOf(row).channel.id, sequence: row.sequence })),
  );
  const appended = Array.from<Appended>({ length: group.length });
  for (const row of rows) {
    const draft = draftOf(row);
    appended[row.ordinal - 1] = appendedFrom(row, draft, entries.get(`${draft.channel.id} ${row.sequence}`));
  }
  return appended;
};

const appendEntries = (database: Database, group: readonly Prepared[]): Promise<AppendedRow[]> =>
  query(database, 'append_entries', async (knex) => {
    const input = `[${group.map(itemOf).join(',')}]`;
    const { rows } = await knex.raw<{ rows: AppendedRow[] }>('select * from chat.append_entries(?::jsonb)', [input]);
    return rows;
  });

const appendedFrom = (row: AppendedRow, draft: Draft | Change, read: Entry | undefined): Appended => {
  if (row.fault !== null) return { refused: row.fault };
  const inbox = row.inbox ?? [];
  if (read !== undefined) return { entry: read, inbox, repeated: row.repeated };
  // Retention removed it between the commit and its reading.
  if (row.repeated || draft.kind !== 'message') return { refused: 'message_not_found' };
  const placed = { ...row, id: row.id as NewRow['id'], sent_at: row.sent_at.toISOString() };
  return { entry: newEntry(placed, draft, row.reply_count ?? 0), inbox, repeated: false };
};

/** A new message as it was sent. */
const newEntry = (row: Omit<NewRow, 'inbox'>, draft: Draft, replyCount: number): Stored['entry'] => {
  const { sent_at: sentAt } = row;
  const { threadRoot } = draft;
  return {
    kind: 'message.created',
    sequence: Number(row.sequence),
    thread: threadRoot === null ? null : { rootId: threadRoot.id, replyCount, lastReplyAt: sentAt },
    message: {
      id: row.id,
      number: Number(row.number),
      channelId: draft.channel.id,
      sequence: Number(row.sequence),
      sender: draft.sender,
      clientId: draft.clientId,
      content: draft.content,
      raw: draft.raw,
      sentAt,
      editedAt: null,
      deletedAt: null,
      replyTo: draft.replyTo,
      threadRoot: threadRoot?.id ?? null,
      inChannel: draft.inChannel,
      replyCount: 0,
      lastReplyAt: null,
      reactions: [],
      mentions: draft.mentions ?? noMentions(),
      pinnedAt: null,
    },
  };
};

/** After the commit: what was stored earlier, and changes, in their current form. By channel and sequence. */
const entriesAt = async (
  database: Database,
  places: readonly { readonly channelId: ChannelId; readonly sequence: string }[],
): Promise<Map<string, Entry>> => {
  if (places.length === 0) return new Map();
  const { rows } = await query(database, 'entries_at', (knex) =>
    knex.raw<{ rows: EntryRow[] }>(entriesAtSql, {
      channels: places.map(({ channelId }) => channelId),
      sequences: places.map(({ sequence }) => sequence),
    }),
  );
  return new Map(rows.map((row) => [`${row.entry_channel_id} ${row.entry_sequence}`, entryFromRow(row)]));
};

const entriesAtSql = `
  select ${entryColumns}
    from unnest(cast(:channels as uuid[]), cast(:sequences as bigint[])) as a (channel_id, sequence)
    join chat.entries l on l.channel_id = a.channel_id and l.sequence = a.sequence
    ${entryJoins}`;
