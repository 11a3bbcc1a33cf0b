import { type ChannelId, Fault } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import type { Inbox, InboxPage } from './inbox.js';
import {
  type MessageRow,
  type StreamRow,
  formOf,
  messageBytes,
  messageColumns,
  messageFromRow,
  snapshotFromRow,
  streamColumns,
} from './message-row.js';

export const inboxInPostgres = (database: Database): Inbox => ({
  list: async (range) => {
    const { rows } = await query(database, 'list_inbox', (knex) =>
      knex.raw<{ rows: PageRow[] }>(pageSql, { ...range }),
    );
    return pageFromRows(rows, range.realm);
  },
  chats: async ({ before = beyondAll, ...range }) => {
    const { rows } = await query(database, 'list_chats', (knex) =>
      knex.raw<{ rows: ChatRow[] }>(chatsSql, { ...range, before, chatRowsMax }),
    );
    const chats = rows
      .slice(0, range.limit)
      .map((row) => ({ channelId: row.channel_id, sequence: Number(row.newest) }));
    if (rows.length > range.limit) return { chats, next: chats.at(-1)?.sequence ?? null };
    const [first] = rows;
    return { chats, next: first && Number(first.row_count) === chatRowsMax ? Number(first.lowest) : null };
  },
});

type PageRow = MessageRow &
  StreamRow & {
    readonly inbox_realm: string | null;
    readonly head: string | null;
    readonly floor: string | null;
    readonly candidates: string;
    readonly inbox_sequence: string | null;
  };

const pageSql = `
  with candidate as materialized (
    select i.sequence, i.channel_id, i.entry_sequence from chat.inbox i
      where i.account_id = :accountId and i.sequence > :after and not i.is_change
      order by i.sequence limit :limit + 1
  ),
  measured as (
    select c.*, row_number() over w as position, sum(${messageBytes()}) over w as total
      from candidate c
      join chat.entries e on e.channel_id = c.channel_id and e.sequence = c.entry_sequence
      join chat.messages m on ${formOf('m', 'c.channel_id', 'c.entry_sequence')}
      window w as (order by c.sequence)
  )
  select b.realm as inbox_realm, b.head, b.floor, (select count(*) from candidate) as candidates,
         p.sequence as inbox_sequence, ${streamColumns('s')}, ${messageColumns({ reader: ':accountId' })}
    from (select 1) as always
    left join chat.inboxes b on b.account_id = :accountId
    left join (
      measured p
      join chat.entries e on e.channel_id = p.channel_id and e.sequence = p.entry_sequence
      join chat.messages m on ${formOf('m', 'p.channel_id', 'p.entry_sequence')}
      join chat.streams s on s.channel_id = p.channel_id
    ) on p.position <= :limit and (p.position = 1 or p.total <= :bytesMax) and b.realm = :realm
    order by p.sequence`;

/** How many inbox rows one page reads: an inbox may hold a hundred thousand of one chat. */
const chatRowsMax = 5_000;
const beyondAll = Number.MAX_SAFE_INTEGER;

interface ChatRow {
  readonly channel_id: ChannelId;
  readonly newest: string;
  readonly lowest: string;
  readonly row_count: string;
}

const chatsSql = `
  with recent as materialized (
    select i.sequence, i.channel_id from chat.inbox i
      where i.account_id = :accountId and i.realm = :realm and i.sequence < :before and not i.is_change
      order by i.sequence desc limit :chatRowsMax
  )
  select p.channel_id, max(p.sequence) as newest,
         (select min(sequence) from recent) as lowest, (select count(*) from recent) as row_count
    from recent p group by p.channel_id
    order by newest desc limit :limit + 1`;

const pageFromRows = (rows: readonly PageRow[], realm: string): InboxPage | null => {
  const [first] = rows;
  if (first === undefined) throw new Fault('internal', 'internal', 'A page query always answers a row');
  if (first.inbox_realm !== null && first.inbox_realm !== realm) return null;
  const entries = rows
    .filter((row) => row.inbox_sequence !== null)
    .map((row) => ({
      sequence: Number(row.inbox_sequence),
      channel: snapshotFromRow(row),
      message: messageFromRow(row),
    }));
  return {
    entries,
    more: Number(first.candidates) > entries.length,
    head: Number(first.head ?? 0),
    floor: Number(first.floor ?? 0),
  };
};
