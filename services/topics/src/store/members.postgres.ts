import { notFound, type AccountId, type ChannelId, type MemberRole } from '@parley/contracts';
import type { HeldAccount } from '@parley/bus';
import { query, transact, type Database } from '@parley/postgres';
import type { Knex } from 'knex';
import type { Change, Target } from '../domain/membership.js';
import type { Changed, Join, Members, Outcome } from './members.js';
import { readersOfChannels } from './readers.postgres.js';
import { rowOf, rowsOf, selectSeen, toChannel, toMember, toSeen } from './rows.postgres.js';
import type { ChannelRow, MemberRow, SeenRow } from './rows.postgres.js';

export const postgresMembers = (database: Database): Members => ({
  change: (actor, channelId, targetId, decide) =>
    transact(database, 'topics.change_members', async (tx) => {
      const [locked] = await rowsOf<ChannelRow>(
        tx,
        'select * from channels where realm = :realm and id = :channelId for update',
        { realm: actor.realm, channelId },
      );
      if (locked === undefined) throw notFound('channel');
      // Separate statements: they see what the lock's former holder committed.
      const seen = await rowOf<SeenRow>(tx, `${selectSeen} where c.id = :channelId`, { ...actor, channelId });
      const target = await readTarget(tx, channelId, targetId);
      const changes = decide({ seen: toSeen(seen, actor), target });
      return apply(tx, locked, targetId, changes);
    }),

  find: (realm, channelId, accountId) =>
    query(database, 'topics.find_member', async (knex) => {
      const [row] = await rowsOf<MemberRow>(
        knex,
        'select * from members where channel_id = :channelId and account_id = :accountId and realm = :realm',
        { realm, channelId, accountId },
      );
      return row === undefined ? null : toMember(row);
    }),

  list: (realm, channelId, after, limit) =>
    query(database, 'topics.list_members', async (knex) => {
      const rows = await rowsOf<MemberRow>(
        knex,
        `select * from members
         where channel_id = :channelId and realm = :realm and (:after::uuid is null or account_id > :after::uuid)
         order by account_id limit :limit`,
        { realm, channelId, after: after ?? null, limit },
      );
      return rows.map(toMember);
    }),

  filterReaders: readersOfChannels(database),

  recentJoins: (realm, accountIds, { withinMs, after, limit }) =>
    query(database, 'topics.recent_joins', async (knex) => {
      const [afterAccount, afterChannel] = [after?.accountId ?? null, after?.channelId ?? null];
      const values = { realm, accountIds, withinMs, limit, afterAccount, afterChannel };
      const rows = await rowsOf<Omit<Join, 'joinedAt'> & { joinedAt: Date }>(knex, joinsSql, values);
      return rows.map((row) => ({ ...row, joinedAt: row.joinedAt.toISOString() }));
    }),

  held: (after, limit) =>
    query(database, 'topics.held_accounts', (knex) =>
      rowsOf<HeldAccount>(
        knex,
        `select distinct on (account_id) account_id as "accountId", realm from members
         where account_id > :after order by account_id limit :limit`,
        { after: after ?? nilAccount, limit },
      ),
    ),
  channelsOf: (realm, accountId, limit) =>
    query(database, 'topics.channels_of', async (knex) => {
      const rows = await rowsOf<{ channel_id: ChannelId }>(
        knex,
        'select channel_id from members where account_id = :accountId and realm = :realm limit :limit',
        { realm, accountId, limit },
      );
      return rows.map((row) => row.channel_id);
    }),
});

/** Sorts before every account's id. */
const nilAccount = '00000000-0000-0000-0000-000000000000';

const joinsSql = `
  select m.account_id as "accountId", m.channel_id as "channelId", c.kind, m.joined_at as "joinedAt"
  from members m join channels c on c.id = m.channel_id
  where m.account_id = any(:accountIds::uuid[]) and m.realm = :realm and c.kind <> 'direct'
    and m.joined_at >= clock_timestamp() - :withinMs::double precision * interval '1 millisecond'
    and (:afterAccount::uuid is null or (m.account_id, m.channel_id) > (:afterAccount::uuid, :afterChannel::uuid))
  order by m.account_id, m.channel_id limit :limit`;

interface TargetRow {
  readonly role: MemberRole | null;
  readonly banned: boolean;
  readonly has_other_owner: boolean | null;
  readonly heir: AccountId | null;
}

const readTarget = async (tx: Knex, channelId: ChannelId, accountId: AccountId): Promise<Target> => {
  const row = await rowOf<TargetRow>(
    tx,
    `select m.role,
       exists (select 1 from bars where channel_id = c.id and account_id = :accountId) as banned,
       case when m.role = 'owner' then exists (
         select 1 from members o where o.channel_id = c.id and o.role = 'owner' and o.account_id <> :accountId
       ) end as has_other_owner,
       case when m.role = 'owner' then (
         select o.account_id from members o where o.channel_id = c.id and o.account_id <> :accountId
         order by o.joined_at, o.account_id limit 1
       ) end as heir
     from channels c left join members m on m.channel_id = c.id and m.account_id = :accountId
     where c.id = :channelId`,
    { channelId, accountId },
  );
  return {
    accountId,
    role: row.role,
    banned: row.banned,
    hasOtherOwner: row.has_other_owner ?? false,
    heir: row.heir,
  };
};

const apply = async (tx: Knex, row: ChannelRow, targetId: AccountId, changes: readonly Change[]): Promise<Outcome> => {
  const made: Changed[] = [];
  for (const change of changes) made.push(await applyOne(tx, row, change, row.membership_version + made.length + 1));
  const channel = changes.length === 0 ? row : await moveVersion(tx, row.id, changes.length);
  const [member] = await rowsOf<MemberRow>(
    tx,
    'select * from members where channel_id = :channelId and account_id = :targetId',
    { channelId: row.id, targetId },
  );
  return { channel: toChannel(channel), member: member === undefined ? null : toMember(member), changes: made };
};

const moveVersion = (tx: Knex, channelId: ChannelId, steps: number): Promise<ChannelRow> =>
  rowOf<ChannelRow>(
    tx,
    `update channels set membership_version = membership_version + :steps where id = :channelId returning *`,
    { channelId, steps },
  );

const applyOne = async (tx: Knex, channel: ChannelRow, change: Change, version: number): Promise<Changed> => {
  const values = { channelId: channel.id, accountId: change.accountId, realm: channel.realm };
  switch (change.do) {
    case 'add': {
      await tx.raw('delete from bars where channel_id = :channelId and account_id = :accountId', values);
      const row = await rowOf<MemberRow>(tx, insertMember, { ...values, number: channel.number, role: change.role });
      return { what: 'added', version, member: toMember(row) };
    }
    case 'change': {
      const row = await rowOf<MemberRow>(tx, updateMember, { ...values, role: change.role });
      return { what: 'changed', version, member: toMember(row) };
    }
    case 'remove':
      await tx.raw(deleteMember, values);
      if (change.bar) await tx.raw(insertBar, values);
      return { what: 'removed', version, accountId: change.accountId };
  }
};

const insertMember = `
  with counted as (update channels set member_count = member_count + 1 where id = :channelId)
  insert into members (channel_id, account_id, realm, channel_number, role)
  values (:channelId, :accountId, :realm, :number, :role) returning *`;

const updateMember = `
  update members set role = :role where channel_id = :channelId and account_id = :accountId returning *`;

const deleteMember = `
  with gone as (delete from members where channel_id = :channelId and account_id = :accountId returning 1)
  update channels set member_count = member_count - (select count(*) from gone) where id = :channelId`;

const insertBar = `
  insert into bars (channel_id, account_id, realm) values (:channelId, :accountId, :realm) on conflict do nothing`;
