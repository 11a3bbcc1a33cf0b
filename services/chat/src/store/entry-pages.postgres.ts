import { Fault, type InboxStreamEntry } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import { type EntryRow, entryBytes, entryColumns, entryFromRow, entryJoins } from './entry-row.js';
import type { EntryLog, StreamPage } from './log.js';
import { type StreamRow, snapshotFromRow, streamColumns } from './message-row.js';

/** Reads pages of the streams of entries; the other half of the log appends. */
export const entryPagesInPostgres = (database: Database): Pick<EntryLog, 'channelEntries' | 'inboxEntries'> => ({
  channelEntries: async (range) => {
    const { rows } = await query(database, 'channel_entries', (knex) =>
      knex.raw<{ rows: ChannelPageRow[] }>(channelPageSql, { ...range }),
    );
    return pageOf(rows, range.realm, (row) => (row.position === null ? null : entryFromRow(row)));
  },
  inboxEntries: async (range) => {
    const { rows } = await query(database, 'inbox_entries', (knex) =>
      knex.raw<{ rows: InboxPageRow[] }>(inboxPageSql, { ...range }),
    );
    return pageOf(rows, range.realm, (row): InboxStreamEntry | null =>
      row.inbox_sequence === null
        ? null
        : {
            sequence: Number(row.inbox_sequence),
            channel: snapshotFromRow({ ...row, channel_id: row.entry_channel_id }),
            entry: entryFromRow(row),
          },
    );
  },
});

interface Edges {
  readonly stream_realm: string | null;
  readonly head: string | null;
  readonly floor: string | null;
  readonly candidates: string;
}

type ChannelPageRow = EntryRow & Edges & { readonly position: string | null };
type InboxPageRow = EntryRow & Edges & StreamRow & { readonly inbox_sequence: string | null };

// One snapshot for the head and the page; what does not fit is measured, but not fetched.
const channelPageSql = `
  with measured as materialized (
    select l.sequence, row_number() over w as position, sum(${entryBytes}) over w as total
      from (
        select * from chat.entries l where l.channel_id = :channelId and l.sequence > :after
          order by l.sequence limit :limit + 1
      ) l
      ${entryJoins}
      window w as (order by l.sequence)
  )
  select s.realm as stream_realm, s.head, s.floor, (select count(*) from measured) as candidates, p.position, ${entryColumns}
    from (select 1) as always
    left join chat.streams s on s.channel_id = :channelId
    left join measured p on p.position <= :limit and (p.position = 1 or p.total <= :bytesMax) and s.realm = :realm
    left join chat.entries l on l.channel_id = :channelId and l.sequence = p.sequence
    ${entryJoins}
    order by p.position`;

const inboxPageSql = `
  with candidate as materialized (
    select i.sequence as inbox_sequence, i.channel_id, i.entry_sequence from chat.inbox i
      where i.account_id = :accountId and i.sequence > :after
      order by i.sequence limit :limit + 1
  ),
  measured as materialized (
    select c.*, row_number() over w as position, sum(${entryBytes} + 200) over w as total
      from candidate c
      join chat.entries l on l.channel_id = c.channel_id and l.sequence = c.entry_sequence
      ${entryJoins}
      window w as (order by c.inbox_sequence)
  )
  select b.realm as stream_realm, b.head, b.floor, (select count(*) from candidate) as candidates, p.inbox_sequence,
         ${streamColumns('s')}, ${entryColumns}
    from (select 1) as always
    left join chat.inboxes b on b.account_id = :accountId
    left join measured p on p.position <= :limit and (p.position = 1 or p.total <= :bytesMax) and b.realm = :realm
    left join chat.streams s on s.channel_id = p.channel_id
    left join chat.entries l on l.channel_id = p.channel_id and l.sequence = p.entry_sequence
    ${entryJoins}
    order by p.position`;

const pageOf = <Row extends Edges, T>(
  rows: readonly Row[],
  realm: string,
  from: (row: Row) => T | null,
): StreamPage<T> | null => {
  const [first] = rows;
  if (first === undefined) throw new Fault('internal', 'internal', 'A page query always answers a row');
  if (first.stream_realm !== null && first.stream_realm !== realm) return null;
  const entries = rows.map(from).filter((entry) => entry !== null);
  return {
    entries,
    more: Number(first.candidates) > entries.length,
    head: Number(first.head ?? 0),
    floor: Number(first.floor ?? 0),
  };
};
