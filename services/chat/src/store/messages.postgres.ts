import { Fault } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import type { Draft, Stored } from '../domain/message.js';
import { type MessageRow, type PositionRow, messageColumns, messageFromRow } from './message-row.js';
import type { Messages, Page, Prepared, Range } from './messages.js';

export const messagesInPostgres = (database: Database): Messages => ({
  prepare,
  append: async (group) => {
    const input = `[${group.map(({ json }) => json).join(',')}]`;
    const { rows } = await query(database, 'append_messages', (knex) =>
      knex.raw<{ rows: AppendedRow[] }>('select * from chat.append_messages(?::jsonb)', [input]),
    );
    if (rows.length !== group.length) throw new Error(`append_messages answered ${rows.length} of ${group.length}`);
    return rows.map((row) => storedFromRow(row, (group[row.ordinal - 1] as Prepared).draft));
  },
  list: async (range) => {
    const { rows } = await query(database, 'list_messages', (knex) =>
      knex.raw<{ rows: PageRow[] }>(range.after === undefined ? backwards : forwards, listParameters(range)),
    );
    return pageFromRows(rows, range);
  },
});

// What the store adds (id, number, sequence, time) is shorter than what the message leaves out (realm, participants, channel)
// plus this, so `bytes` is never less than the length of the message as JSON.
const addedBytesMax = 200;

const prepare = (draft: Draft): Prepared => {
  const json = JSON.stringify({
    realm: draft.realm,
    channel_id: draft.channel.id,
    channel: draft.channel,
    sender_id: draft.sender.id,
    sender: draft.sender,
    client_id: draft.clientId,
    reference: draft.reference,
    content: draft.content,
    raw: draft.raw,
    participants: draft.participants.length > 0 ? draft.participants : null,
  });
  const bytes = Buffer.byteLength(json) + addedBytesMax;
  // Spliced in, to avoid serializing 16 KB of text twice to learn its length.
  return { draft, bytes, json: `{"bytes":${bytes},${json.slice(1)}` };
};

interface AppendedRow extends Pick<MessageRow, 'sequence' | 'id' | 'number' | 'sent_at'> {
  readonly ordinal: number;
  readonly inbox: PositionRow[] | null;
  readonly repeated: boolean;
  readonly sender: MessageRow['sender'] | null;
  readonly content: MessageRow['content'] | null;
  readonly raw: string | null;
}

/** A new message as it was sent; a repeated one with the stored text, name and frame count. */
const storedFromRow = (row: AppendedRow, draft: Draft): Stored => ({
  message: messageFromRow({
    ...row,
    channel_id: draft.channel.id,
    client_id: draft.clientId,
    sender: row.sender ?? draft.sender,
    content: row.content ?? draft.content,
    raw: row.repeated ? row.raw : draft.raw,
  }),
  inbox: row.inbox ?? [],
  repeated: row.repeated,
});

interface PageRow extends MessageRow {
  readonly stream_realm: string | null;
  readonly head: string | null;
  readonly floor: string | null;
  readonly candidates: string;
  readonly in_page: boolean;
}

// One snapshot for the head and the page. `candidate` reads only the key index and measures; only what fits is fetched.
const pageSql = (where: string, direction: 'asc' | 'desc'): string => `
  with candidate as materialized (
    select e.sequence, e.bytes from chat.entries e
      where e.channel_id = :channelId and e.kind = 'message' and ${where}
      order by e.sequence ${direction} limit :limit + 1
  ),
  measured as (
    select c.sequence, row_number() over w as position, sum(c.bytes) over w as total from candidate c
      window w as (order by c.sequence ${direction})
  )
  select s.realm as stream_realm, s.head, s.floor, (select count(*) from candidate) as candidates,
         e.sequence is not null as in_page, ${messageColumns('e')}
    from (select 1) as always
    left join chat.streams s on s.channel_id = :channelId
    left join (
      measured m join chat.entries e on e.channel_id = :channelId and e.sequence = m.sequence
    ) on m.position <= :limit and (m.position = 1 or m.total <= :bytesMax) and s.realm = :realm
    order by e.sequence`;

const forwards = pageSql('e.sequence > :after and e.sequence < :before', 'asc');
const backwards = pageSql('e.sequence < :before', 'desc');
const beyondAll = Number.MAX_SAFE_INTEGER;

const listParameters = ({ channelId, realm, after = 0, before = beyondAll, limit, bytesMax }: Range) => ({
  channelId,
  realm,
  after,
  before,
  limit,
  bytesMax,
});

const pageFromRows = (rows: readonly PageRow[], { realm }: Range): Page | null => {
  const [first] = rows;
  if (first === undefined) throw new Fault('internal', 'internal', 'A page query always answers a row');
  if (first.stream_realm !== null && first.stream_realm !== realm) return null;
  const messages = rows.filter((row) => row.in_page).map(messageFromRow);
  return {
    messages,
    more: Number(first.candidates) > messages.length,
    head: Number(first.head ?? 0),
    floor: Number(first.floor ?? 0),
  };
};
