import { Fault } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import { type MessageRow, formOf, messageBytes, messageColumns, messageFromRow } from './message-row.js';
import type { Page, PagePosition, Range } from './messages.js';

/** A page of messages: ranges of the forms on both sides of a pivot, whatever entries lie between them. */
export const readPage = async (database: Database, range: Range): Promise<Page | null> => {
  const { realm, channelId, reader, bytesMax, rootSequence } = range;
  const sql = rootSequence === undefined ? channelSql : threadSql;
  const parameters = { realm, channelId, reader, bytesMax, ...sidesOf(range), rootSequence: rootSequence ?? null };
  const { rows } = await query(database, 'list_messages', (knex) => knex.raw<{ rows: PageRow[] }>(sql, parameters));
  const [first] = rows;
  if (first === undefined) throw new Fault('internal', 'internal', 'A page query always answers a row');
  if (first.stream_realm !== null && first.stream_realm !== realm) return null;
  const found = rows.filter(({ is_before }) => is_before !== null);
  const countBefore = found.filter(({ is_before }) => is_before).length;
  const moreBefore = Number(first.candidates_before) > countBefore;
  const moreAfter = Number(first.candidates_after) > found.length - countBefore;
  return {
    messages: found.map(messageFromRow),
    more: moreInDirection(range, moreBefore, moreAfter),
    moreBefore,
    moreAfter,
    head: Number(first.head ?? 0),
    floor: Number(first.floor ?? 0),
  };
};

interface PageRow extends MessageRow {
  readonly stream_realm: string | null;
  readonly head: string | null;
  readonly floor: string | null;
  readonly candidates_before: string;
  readonly candidates_after: string;
  readonly is_before: boolean | null;
}

const beyondAll = Number.MAX_SAFE_INTEGER;

const isAround = ({ around, aroundTime }: PagePosition): boolean => around !== undefined || aroundTime !== undefined;

const moreInDirection = (position: PagePosition, moreBefore: boolean, moreAfter: boolean): boolean => {
  if (isAround(position)) return moreBefore || moreAfter;
  return position.after === undefined ? moreBefore : moreAfter;
};

/** The first sequence after the pivot (or its moment), the end, and how many messages on each side. */
const sidesOf = (position: PagePosition) => {
  const { after, before = beyondAll, around, aroundTime, limit } = position;
  if (isAround(position)) {
    const beforeMax = Math.floor(limit / 2);
    return {
      pivot: around ?? null,
      moment: aroundTime ?? null,
      end: beyondAll,
      beforeMax,
      afterMax: limit - beforeMax,
    };
  }
  if (after === undefined) return { pivot: before, moment: null, end: beyondAll, beforeMax: limit, afterMax: 0 };
  return { pivot: after + 1, moment: null, end: before, beforeMax: 0, afterMax: limit };
};

// One snapshot for the head and the page. One candidate more than is wanted on each side shows whether there are further ones; what
// does not fit is measured, but not fetched. Both sides grow from the pivot, so that a page has no hole.
const pageSql = (within: string): string => `
  with pivot as materialized (
    select coalesce(cast(:pivot as bigint), chat.sequence_at(:channelId, cast(:moment as timestamptz))) as sequence
  ),
  candidate as materialized (
    (
      select m.sequence, true as is_before from chat.messages m
        where ${within} and m.sequence < (select sequence from pivot)
        order by m.sequence desc limit cast(:beforeMax as integer) + 1
    )
    union all
    (
      select m.sequence, false as is_before from chat.messages m
        where ${within} and m.sequence >= (select sequence from pivot) and m.sequence < :end
        order by m.sequence limit cast(:afterMax as integer) + 1
    )
  ),
  placed as (
    select c.*, row_number() over (
        partition by c.is_before order by case when c.is_before then -c.sequence else c.sequence end
      ) as position
      from candidate c
  ),
  wanted as (
    select * from placed p where p.position <= case when p.is_before then cast(:beforeMax as integer) else cast(:afterMax as integer) end
  ),
  measured as materialized (
    select p.sequence, p.is_before, row_number() over w as rank, sum(${messageBytes()}) over w as total
      from wanted p
      join chat.messages m on ${formOf('m', ':channelId', 'p.sequence')}
      join chat.entries e on e.channel_id = :channelId and e.sequence = p.sequence
      window w as (order by p.position, p.is_before)
  )
  select s.realm as stream_realm, s.head, s.floor, p.is_before,
         (select count(*) from candidate where is_before) as candidates_before,
         (select count(*) from candidate where not is_before) as candidates_after,
         ${messageColumns({ reader: 'cast(:reader as uuid)' })}
    from (select 1) as always
    left join chat.streams s on s.channel_id = :channelId
    left join measured p on (p.rank = 1 or p.total <= :bytesMax) and s.realm = :realm
    left join chat.messages m on ${formOf('m', ':channelId', 'p.sequence')}
    left join chat.entries e on e.channel_id = :channelId and e.sequence = p.sequence
    order by p.sequence`;

const channelSql = pageSql('m.channel_id = :channelId and m.in_channel');
const threadSql = pageSql('m.channel_id = :channelId and m.root_sequence = cast(:rootSequence as bigint)');
