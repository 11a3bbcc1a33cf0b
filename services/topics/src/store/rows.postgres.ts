import type { AccountId, Channel, ChannelId, Member, MemberRole } from '@parley/contracts';
import type { Knex } from 'knex';
import type { Seen } from '../domain/channel.js';
import type { Viewer } from './channels.js';

export interface ChannelRow {
  readonly id: ChannelId;
  readonly realm: string;
  readonly number: number;
  readonly kind: Channel['kind'];
  readonly slug: string | null;
  readonly title: string;
  readonly metadata: Channel['metadata'];
  readonly metadata_text: string | null;
  readonly membership_version: number;
  readonly member_count: number;
  readonly created_by: AccountId | null;
  readonly created_at: Date;
  readonly closed_at: Date | null;
  readonly low_account: AccountId | null;
  readonly high_account: AccountId | null;
}

export interface MemberRow {
  readonly channel_id: ChannelId;
  readonly account_id: AccountId;
  readonly role: MemberRole;
  readonly joined_at: Date;
}

/** A channel with the role of one account in it. */
export interface SeenRow extends ChannelRow {
  readonly role: MemberRole | null;
  readonly banned: boolean;
}

type Values = Readonly<Record<string, unknown>>;

export const rowsOf = async <Row>(knex: Knex, sql: string, values: Values): Promise<Row[]> =>
  (await knex.raw<{ rows: Row[] }>(sql, values)).rows;

/** The row of a statement that always returns exactly one. */
export const rowOf = async <Row>(knex: Knex, sql: string, values: Values): Promise<Row> => {
  const [row] = await rowsOf<Row>(knex, sql, values);
  if (row === undefined) throw new Error('A statement that always gives a row gave none');
  return row;
};

/**
 * Takes `count` consecutive numbers of channels and returns the first. This is also the lock for checks of slugs and of how many channels
 * an account has made: channels of a realm are created one after the other, each until the end of its transaction.
 */
export const takeNumbers = async (tx: Knex, realm: string, count: number): Promise<number> => {
  const { last } = await rowOf<{ last: number }>(
    tx,
    `insert into counters as c (realm, channel_number) values (:realm, :count)
     on conflict (realm) do update set channel_number = c.channel_number + :count
     returning channel_number as last`,
    { realm, count },
  );
  return last - count + 1;
};

/** `c.*` with the role and ban of `:accountId`, which may be null. The caller appends a `where`. */
export const selectSeen = `
  select c.*, m.role, (b.account_id is not null) as banned
  from channels c
  left join members m on m.channel_id = c.id and m.account_id = :accountId::uuid
  left join bars b on b.channel_id = c.id and b.account_id = :accountId::uuid`;

export const toChannel = (row: ChannelRow): Channel => ({
  id: row.id,
  number: row.number,
  realm: row.realm,
  kind: row.kind,
  slug: row.slug,
  title: row.title,
  metadata: row.metadata,
  metadataText: row.metadata_text,
  membershipVersion: row.membership_version,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  closedAt: row.closed_at?.toISOString() ?? null,
});

export const toMember = (row: MemberRow): Member => ({
  channelId: row.channel_id,
  accountId: row.account_id,
  role: row.role,
  joinedAt: row.joined_at.toISOString(),
});

export const toSeen = (row: SeenRow, viewer: Viewer): Seen => ({
  channel: toChannel(row),
  pair: row.low_account && row.high_account ? [row.low_account, row.high_account] : null,
  memberCount: row.member_count,
  role: row.role,
  banned: row.banned,
  bySystem: viewer.accountId === null,
});
