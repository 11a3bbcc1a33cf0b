import {
  type ChannelSnapshot,
  Fault,
  type ImportedChannel,
  type ImportedMember,
  foldName,
  notFound,
} from '@parley/contracts';
import { type Database, importLedger } from '@parley/postgres';
import type { Knex } from 'knex';
import { pairOf, slugFor } from '../domain/channel.js';
import type { ChannelImports } from './imports.js';
import { rowOf, rowsOf } from './rows.postgres.js';

const byConstraint = {
  channels_slug: () => new Fault('conflict', 'slug_taken', 'This slug is taken'),
  channels_number: () => new Fault('conflict', 'number_taken', 'That number is taken'),
  channels_pair: () => new Fault('conflict', 'pair_taken', 'These two accounts have a channel'),
};

export const postgresImports = (database: Database): ChannelImports => {
  const ledger = importLedger(database);
  return {
    isImporting: ledger.isImporting,
    begin: (wanted) => ledger.begin(wanted, (tx) => isEmpty(tx, wanted.realm)),
    addChannels: (key, channels) =>
      ledger.add(
        key,
        'imports.channels',
        async (tx, { begunAt }) => {
          const fresh = await numbered(tx, key.realm, channels);
          if (fresh.length === 0) return 0;
          const slugs = await slugsOf(tx, key.realm, fresh);
          const rows = fresh.map((channel, index) => channelRow(key.realm, channel, slugs[index] ?? null, begunAt));
          await tx.raw(insertChannels, { rows: JSON.stringify(rows) });
          const seats = fresh.flatMap(seatsOf).map((seat) => ({ ...seat, joinedAt: seat.joinedAt ?? begunAt }));
          if (seats.length > 0) await addSeats(tx, key.realm, seats);
          return fresh.length;
        },
        byConstraint,
      ),
    addMembers: (key, members) =>
      ledger.add(key, 'imports.members', (tx, { begunAt }) =>
        addSeats(
          tx,
          key.realm,
          members.map((member) => ({ ...member, joinedAt: member.joinedAt ?? begunAt })),
        ),
      ),
    snapshots: (key, after, limit) =>
      ledger.add(key, 'imports.snapshots', (tx) =>
        rowsOf<ChannelSnapshot>(
          tx,
          `select id, number, kind, slug, title, membership_version as "membershipVersion"
           from channels where realm = :realm and number > :after order by number limit :limit`,
          { realm: key.realm, after, limit },
        ),
      ),
    finish: (key) => ledger.finish(key),
  };
};

/** Locks the counter of the realm, as the creation of a channel does. */
const isEmpty = async (tx: Knex.Transaction, realm: string): Promise<boolean> => {
  await tx.raw(
    `insert into counters as c (realm, channel_number) values (:realm, 0)
     on conflict (realm) do update set channel_number = c.channel_number`,
    { realm },
  );
  return (await rowsOf(tx, 'select from channels where realm = :realm limit 1', { realm })).length === 0;
};

type Numbered = ImportedChannel & { readonly number: number };

/** Those that are not there yet, with the next numbers where they have none; the counter goes on after the largest. */
const numbered = async (tx: Knex, realm: string, channels: readonly ImportedChannel[]): Promise<Numbered[]> => {
  const counter = await rowOf<{ last: number }>(
    tx,
    'select channel_number as last from counters where realm = :realm for update',
    { realm },
  );
  const known = await rowsOf<{ id: string }>(
    tx,
    'select id from channels where realm = :realm and id = any(:ids::uuid[])',
    { realm, ids: channels.map(({ id }) => id) },
  );
  const there = new Set(known.map(({ id }) => id));
  const fresh = channels.filter(({ id }) => !there.has(id));
  let last = Math.max(counter.last, ...fresh.map(({ number }) => number ?? 0));
  const all = fresh.map((channel) => ({ ...channel, number: channel.number ?? (last += 1) }));
  await tx.raw('update counters set channel_number = :last where realm = :realm', { realm, last });
  return all;
};

/** A slug that a room gets from its title is dropped when another channel has it. */
const slugsOf = async (tx: Knex, realm: string, channels: readonly Numbered[]): Promise<(string | null)[]> => {
  const wishes = channels.map(({ kind, title, slug }) => ({
    slug: slug ?? slugFor(kind, title, undefined).slug,
    givesWay: kind !== 'topic',
  }));
  const rows = await rowsOf<{ slug: string }>(
    tx,
    'select slug from channels where realm = :realm and slug = any(:slugs::text[])',
    { realm, slugs: wishes.flatMap(({ slug }) => slug ?? []) },
  );
  const taken = new Set(rows.map(({ slug }) => slug));
  return wishes.map(({ slug, givesWay }) => {
    if (slug === null || (givesWay && taken.has(slug))) return null;
    taken.add(slug);
    return slug;
  });
};

const channelRow = (realm: string, channel: Numbered, slug: string | null, begunAt: string) => {
  const [low, high] = channel.pair === null ? [null, null] : pairOf(...channel.pair);
  return {
    id: channel.id,
    realm,
    number: channel.number,
    kind: channel.kind,
    slug,
    title: channel.title,
    folded_title: foldName(channel.title),
    metadata: channel.metadata,
    metadata_text: channel.metadataText,
    created_by: channel.createdBy,
    created_at: channel.createdAt ?? begunAt,
    low_account: low,
    high_account: high,
  };
};

const insertChannels = `
  insert into channels
    (id, realm, number, kind, slug, title, folded_title, metadata, metadata_text, created_by, created_at, low_account, high_account)
  select id, realm, number, kind, slug, title, folded_title, metadata, metadata_text, created_by, created_at, low_account, high_account
    from jsonb_populate_recordset(null::channels, :rows::jsonb)`;

const seatsOf = ({ id, pair, createdAt }: Numbered): ImportedMember[] =>
  [...new Set(pair ?? [])].map((accountId) => ({
    channelId: id,
    accountId,
    role: 'member' as const,
    joinedAt: createdAt,
  }));

/** Members with the counts and versions of their channels, which begin at the number of members as those of new channels do. */
const addSeats = async (tx: Knex, realm: string, seats: readonly ImportedMember[]): Promise<number> => {
  const { added, unknown } = await rowOf<{ added: number; unknown: boolean }>(
    tx,
    `with given as (
       select s."channelId" as channel_id, s."accountId" as account_id, s.role, s."joinedAt" as joined_at, c.number
         from jsonb_to_recordset(:rows::jsonb) as s ("channelId" uuid, "accountId" uuid, role text, "joinedAt" timestamptz)
         left join channels c on c.id = s."channelId" and c.realm = :realm
     ), inserted as (
       insert into members (channel_id, account_id, realm, channel_number, role, joined_at)
       select channel_id, account_id, :realm, number, role, joined_at from given where number is not null
       on conflict do nothing returning channel_id
     ), counted as (
       update channels c set member_count = c.member_count + i.count, membership_version = c.membership_version + i.count
         from (select channel_id, count(*)::integer as count from inserted group by channel_id) i
         where c.id = i.channel_id
     )
     select (select count(*)::integer from inserted) as added, exists (select from given where number is null) as unknown`,
    { rows: JSON.stringify(seats), realm },
  );
  if (unknown) throw notFound('channel');
  return added;
};
