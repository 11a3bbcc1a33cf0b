import type { AccountId, ChannelId } from '@parley/contracts';
import { groupedReads, query, type Database } from '@parley/postgres';
import type { Members, Readers } from './members.js';

interface Asked {
  readonly realm: string;
  readonly channelId: ChannelId;
  readonly accountIds: readonly AccountId[];
}

interface ReadersRow extends Readers {
  /** Which question it answers, from 1. */
  readonly place: number;
}

/** A question may have hundreds of accounts. */
const groupMax = 50;

/** Who may read a channel. Members that come back to many channels together cause a question for each of these: they share statements. */
export const readersOfChannels = (database: Database): Members['filterReaders'] => {
  const read = groupedReads<Asked, Readers | null>({
    groupMax,
    read: (asked) =>
      query(database, 'topics.filter_readers', async (knex) => {
        const pairs = asked.flatMap(({ accountIds }, index) => accountIds.map((id) => [index + 1, id] as const));
        const { rows } = await knex
          .raw<{ rows: ReadersRow[] }>(readersSql, [
            asked.map(({ realm }) => realm),
            asked.map(({ channelId }) => channelId),
            pairs.map(([place]) => place),
            pairs.map(([, id]) => id),
          ])
          // Each connection parses and plans a named statement once.
          .options({ name: 'filter_readers' });
        const byPlace = new Map(rows.map(({ place, ...readers }) => [place, readers]));
        return asked.map((_, index) => byPlace.get(index + 1) ?? null);
      }),
  });
  return (realm, channelId, accountIds) => read({ realm, channelId, accountIds });
};

const readersSql = `
  with asked as materialized (
    select a.place, c.id, c.kind, c.membership_version
    from unnest(?::text[], ?::uuid[]) with ordinality as a (realm, channel_id, place)
    join channels c on c.id = a.channel_id and c.realm = a.realm
  ),
  reader as (
    select a.place, p.account_id
    from unnest(?::integer[], ?::uuid[]) as p (place, account_id)
    join asked a on a.place = p.place
    left join members m on m.channel_id = a.id and m.account_id = p.account_id
    left join bars b on b.channel_id = a.id and b.account_id = p.account_id
    where case a.kind when 'room' then b.account_id is null else m.account_id is not null end
  )
  select a.place::integer, a.membership_version as "membershipVersion",
    coalesce(array_agg(r.account_id::text) filter (where r.account_id is not null), '{}') as "accountIds"
  from asked a left join reader r on r.place = a.place
  group by a.place, a.membership_version`;
