import type { ChannelId } from '@parley/contracts';
import { groupedReads, runPrepared, type Database } from '@parley/postgres';
import type { Pair, Seen } from '../domain/channel.js';
import type { Viewer } from './channels.js';
import { toSeen, type SeenRow } from './rows.postgres.js';

interface ById {
  readonly viewer: Viewer;
  readonly id: ChannelId;
}

interface ByPair {
  readonly viewer: Viewer;
  readonly pair: Pair;
}

type PlacedRow = SeenRow & { readonly place: number };

/**
 * Channels as an account sees them, by id or by the pair of a direct channel. Thousands of connections that arrive together authorize one
 * channel each: their reads share statements.
 */
export const seenChannels = (database: Database) => ({
  byId: groupedReads<ById, Seen | null>({
    read: async (asked, deadline) => {
      const values = [...viewersOf(asked), asked.map(({ id }) => id)];
      const statement = { name: 'find_channels', text: byIdSql, values };
      return placed(asked, await runPrepared<PlacedRow>(database, 'topics.find_channels', statement, deadline));
    },
  }),
  byPair: groupedReads<ByPair, Seen | null>({
    read: async (asked, deadline) => {
      const values = [...viewersOf(asked), asked.map(({ pair }) => pair[0]), asked.map(({ pair }) => pair[1])];
      const statement = { name: 'find_direct_channels', text: byPairSql, values };
      return placed(asked, await runPrepared<PlacedRow>(database, 'topics.find_direct_channels', statement, deadline));
    },
  }),
});

const seenBy = `
  select a.place::integer, c.*, m.role, (b.account_id is not null) as banned`;
const asSeen = `
  left join members m on m.channel_id = c.id and m.account_id = a.account_id
  left join bars b on b.channel_id = c.id and b.account_id = a.account_id`;

const byIdSql = `${seenBy}
  from unnest($1::text[], $2::uuid[], $3::uuid[]) with ordinality as a (realm, account_id, id, place)
  join channels c on c.id = a.id and c.realm = a.realm ${asSeen}`;

const byPairSql = `${seenBy}
  from unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[]) with ordinality
    as a (realm, account_id, low, high, place)
  join channels c on c.realm = a.realm and c.low_account = a.low and c.high_account = a.high ${asSeen}`;

const viewersOf = (asked: readonly { readonly viewer: Viewer }[]) => [
  asked.map(({ viewer }) => viewer.realm),
  asked.map(({ viewer }) => viewer.accountId),
];

const placed = (asked: readonly { readonly viewer: Viewer }[], rows: readonly PlacedRow[]): (Seen | null)[] => {
  const byPlace = new Map(rows.map((row) => [row.place, row]));
  return asked.map(({ viewer }, index) => {
    const row = byPlace.get(index + 1);
    return row === undefined ? null : toSeen(row, viewer);
  });
};
