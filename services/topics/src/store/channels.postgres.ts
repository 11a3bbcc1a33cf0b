import { type AccountId, type ChannelKind, type ChannelReference, foldName } from '@parley/contracts';
import { query, transact, type Database } from '@parley/postgres';
import { foldTitleBefore, isOpen } from '../domain/channel.js';
import type { Channels, ListQuery, Viewer } from './channels.js';
import { creating } from './create.postgres.js';
import { rowOf, rowsOf, selectSeen, toChannel, toSeen, type ChannelRow, type SeenRow } from './rows.postgres.js';
import { seenChannels } from './seen-channels.postgres.js';

export const postgresChannels = (database: Database): Channels => {
  const findOne = (viewer: Viewer, where: string, values: Readonly<Record<string, unknown>>) =>
    query(database, 'topics.find_channel', async (knex) => {
      const sql = `${selectSeen} where c.realm = :realm and ${where}`;
      const [row] = await rowsOf<SeenRow>(knex, sql, { ...viewer, ...values });
      return row === undefined ? null : toSeen(row, viewer);
    });

  const { byId, byPair } = seenChannels(database);

  return {
    ...creating(database),

    find: (viewer, reference, deadline) =>
      'id' in reference ? byId({ viewer, id: reference.id }, deadline) : findOne(viewer, ...matching(reference)),

    findDirect: (viewer, pair, deadline) => byPair({ viewer, pair }, deadline),

    list: (viewer, wanted) =>
      query(database, 'topics.list_channels', async (knex) => {
        const { before = 2 ** 31 - 1, limit, bytesMax } = wanted;
        // One more row than requested shows whether there are more.
        const values = { ...viewer, before, limit: limit + 1, bytesMax };
        const rows = await rowsOf<ListRow>(knex, listSql(viewer, wanted), values);
        const channels = rows.slice(0, limit).map(toChannel);
        return { channels, more: (rows[0]?.found ?? 0) > channels.length };
      }),

    directs: ({ realm, accountId }, ids) =>
      query(database, 'topics.directs', async (knex) => {
        const rows = await rowsOf<ChannelRow & { readonly partner: AccountId }>(
          knex,
          `select *, case when low_account = :accountId::uuid then high_account else low_account end as partner
           from channels
           where realm = :realm and id = any(:ids::uuid[]) and :accountId::uuid in (low_account, high_account)`,
          { realm, accountId, ids },
        );
        return rows.map((row) => ({ channel: toChannel(row), partnerId: row.partner }));
      }),

    countNamed: (realm, kinds) =>
      query(database, 'topics.count_named', (knex) =>
        rowOf<{ count: number; newest: number }>(
          knex,
          `select count(slug)::integer as count, coalesce(max(number), 0) as newest
           from channels where realm = :realm and kind = any(:kinds)`,
          { realm, kinds },
        ),
      ),

    change: (viewer, channelId, decide) =>
      transact(database, 'topics.change_channel', async (tx) => {
        const where = 'where c.realm = :realm and c.id = :channelId';
        const values = { ...viewer, channelId };
        await tx.raw(`select 1 from channels c ${where} for update`, values);
        // A separate statement: it sees what the lock's former holder committed.
        const [row] = await rowsOf<SeenRow>(tx, `${selectSeen} ${where}`, values);
        const seen = row === undefined ? null : toSeen(row, viewer);
        const patch = decide(seen);
        if (patch === null && seen !== null) return { channel: seen.channel, changed: false };
        const changed = await rowOf<ChannelRow>(
          tx,
          `update channels set
             title = coalesce(:title, title),
             folded_title = coalesce(:foldedTitle, folded_title),
             closed_at = coalesce(closed_at, case when :closed then clock_timestamp() end)
           where id = :channelId returning *`,
          {
            channelId,
            title: patch?.title ?? null,
            foldedTitle: patch?.title === undefined ? null : foldName(patch.title),
            closed: patch?.closed ?? false,
          },
        );
        return { channel: toChannel(changed), changed: true };
      }),

    versions: (realm, ids) =>
      query(database, 'topics.versions', (knex) =>
        rowsOf(
          knex,
          `select id as "channelId", membership_version as "membershipVersion"
           from channels where realm = :realm and id = any(:ids::uuid[])`,
          { realm, ids },
        ),
      ),

    memberCounts: (realm, ids) =>
      query(database, 'topics.member_counts', (knex) =>
        rowsOf(
          knex,
          `select id as "channelId", member_count as "memberCount"
           from channels where realm = :realm and id = any(:ids::uuid[])`,
          { realm, ids },
        ),
      ),
  };
};

const matching = (
  reference: Exclude<ChannelReference, { id: unknown }>,
): [where: string, values: Readonly<Record<string, unknown>>] => {
  if ('number' in reference) return ['c.number = :number', { number: reference.number }];
  if ('slug' in reference) return ['c.slug = :slug', { slug: reference.slug }];
  const { kind, title } = reference;
  // A title matches only channels that the viewer may find; others neither match nor hide one that does.
  const findable = isOpen(kind) ? 'true' : '(m.account_id is not null or :accountId::uuid is null)';
  return [
    `c.kind = :kind and c.folded_title in (:foldedTitle, :foldedBefore) and ${findable} order by c.number limit 1`,
    { kind, foldedTitle: foldName(title), foldedBefore: foldTitleBefore(title) },
  ];
};

/** The approximate size of a channel as JSON without its metadata. */
const bytesBesides = 512;

interface ListRow extends ChannelRow {
  /** How many rows the page would have without the byte limit. */
  readonly found: number;
}

/** The union of one index scan per kind, each no longer than the page. */
const listSql = (viewer: Viewer, { kinds, joined }: ListQuery): string => {
  const seesAll = (kind: ChannelKind): boolean => !joined && (viewer.accountId === null || isOpen(kind));
  const unique = [...new Set(kinds)];
  const scans = unique.filter(seesAll).map(
    (kind) => `
      (select * from channels
       where realm = :realm and kind = '${kind}' and number < :before
       order by number desc limit :limit)`,
  );
  const own = unique.filter((kind) => !seesAll(kind)).map((kind) => `'${kind}'`);
  if (own.length > 0) {
    scans.push(`
      (select c.* from members m join channels c on c.id = m.channel_id
       where m.account_id = :accountId::uuid and c.realm = :realm and c.kind in (${own.join(', ')})
         and m.channel_number < :before
       order by m.channel_number desc limit :limit)`);
  }
  return `
    select * from (
      select page.*, (count(*) over ())::integer as found,
        sum(octet_length(metadata::text) + coalesce(octet_length(metadata_text), 0) + ${bytesBesides}) over (order by number desc) as bytes,
        row_number() over (order by number desc) as place
      from (select * from (${scans.join(' union all ')}) all_kinds order by number desc limit :limit) page
    ) weighed
    where bytes <= :bytesMax or place = 1
    order by number desc`;
};
