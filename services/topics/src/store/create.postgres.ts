import { Fault, type AccountId, type Member, type MemberRole } from '@parley/contracts';
import { transact, type Database } from '@parley/postgres';
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { foldTitle } from '../domain/channel.js';
import type { Channels, Created } from './channels.js';
import { rowOf, rowsOf, toChannel, toMember, type ChannelRow, type MemberRow } from './rows.postgres.js';

/** The two ways a channel comes into being. Both take the realm's counter first, which makes them one after the other per realm. */
export const creating = (database: Database): Pick<Channels, 'create' | 'openDirect'> => ({
  create: (draft, mayCreate) =>
    transact(
      database,
      'topics.create_channel',
      async (tx) => {
        const number = await takeNumber(tx, draft.realm);
        if (draft.createdBy !== null) mayCreate(await createdBy(tx, draft.createdBy));
        const row = await rowOf<ChannelRow>(tx, insertChannel, {
          id: randomUUID(),
          realm: draft.realm,
          number,
          kind: draft.kind,
          slug: draft.slug.slug,
          givesWay: draft.slug.givesWay,
          title: draft.title,
          foldedTitle: foldTitle(draft.title),
          metadata: JSON.stringify(draft.metadata),
          count: draft.members.length,
          createdBy: draft.createdBy,
        });
        return created(tx, row, draft.members);
      },
      { channels_slug: () => new Fault('conflict', 'slug_taken', 'This slug is taken') },
    ),

  openDirect: ({ realm, pair, createdBy: caller }, mayCreate) =>
    transact(database, 'topics.open_direct', async (tx) => {
      const [low, high] = pair;
      const number = await takeNumber(tx, realm);
      const accounts = [...new Set(pair)];
      const [row] = await rowsOf<ChannelRow>(tx, insertDirect, {
        id: randomUUID(),
        realm,
        number,
        count: accounts.length,
        caller,
        low,
        high,
      });
      if (row === undefined) {
        const there = await rowOf<ChannelRow>(tx, selectDirect, { realm, low, high });
        return { channel: toChannel(there), members: [] };
      }
      mayCreate((await createdBy(tx, caller)) - 1);
      return created(
        tx,
        row,
        accounts.map((accountId) => ({ accountId, role: 'member' as const })),
      );
    }),
});

/** Also the lock under which slugs and the number of channels somebody made are looked at. */
const takeNumber = async (tx: Knex, realm: string): Promise<number> => {
  const { channel_number: number } = await rowOf<{ channel_number: number }>(
    tx,
    `insert into counters as c (realm, channel_number) values (:realm, 1)
     on conflict (realm) do update set channel_number = c.channel_number + 1
     returning channel_number`,
    { realm },
  );
  return number;
};

const createdBy = async (tx: Knex, accountId: AccountId): Promise<number> => {
  const { count } = await rowOf<{ count: number }>(
    tx,
    'select count(*)::integer as count from channels where created_by = :accountId',
    { accountId },
  );
  return count;
};

const insertChannel = `
  insert into channels
    (id, realm, number, kind, slug, title, folded_title, metadata, membership_version, member_count, created_by)
  values (
    :id, :realm, :number, :kind,
    case when :givesWay and exists (select 1 from channels where realm = :realm and slug = :slug) then null else :slug end,
    :title, :foldedTitle, :metadata, :count, :count, :createdBy
  )
  returning *`;

const insertDirect = `
  insert into channels
    (id, realm, number, kind, title, folded_title, membership_version, member_count, created_by, low_account, high_account)
  values (:id, :realm, :number, 'direct', '', '', :count, :count, :caller, :low, :high)
  on conflict on constraint channels_pair do nothing
  returning *`;

const selectDirect = `select * from channels where realm = :realm and low_account = :low and high_account = :high`;

const created = async (
  tx: Knex,
  row: ChannelRow,
  members: readonly { readonly accountId: AccountId; readonly role: MemberRole }[],
): Promise<Created> => {
  const rows = await rowsOf<MemberRow>(
    tx,
    `insert into members (channel_id, account_id, realm, channel_number, role)
     select :channelId, account_id, :realm, :number, role
     from unnest(:accountIds::uuid[], :roles::text[]) as new (account_id, role)
     returning *`,
    {
      channelId: row.id,
      realm: row.realm,
      number: row.number,
      accountIds: members.map((member) => member.accountId),
      roles: members.map((member) => member.role),
    },
  );
  const byAccount = new Map<AccountId, Member>(rows.map((member) => [member.account_id, toMember(member)]));
  return {
    channel: toChannel(row),
    members: members.flatMap(({ accountId }) => byAccount.get(accountId) ?? []),
  };
};
