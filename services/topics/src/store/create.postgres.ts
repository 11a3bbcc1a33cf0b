import { Fault, foldName, type AccountId, type Member, type MemberRole } from '@parley/contracts';
import { transact, type Database } from '@parley/postgres';
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { ChannelDraft, Channels, Created } from './channels.js';
import { openingDirects } from './open-directs.postgres.js';
import { rowOf, rowsOf, takeNumbers, toChannel, toMember, type ChannelRow, type MemberRow } from './rows.postgres.js';

/** The two ways to create a channel. Both lock the realm's counter first, which serializes them per realm. */
export const creating = (database: Database): Pick<Channels, 'create' | 'openDirect'> => ({
  create: (draft, mayCreate) =>
    transact(
      database,
      'topics.create_channel',
      async (tx) => {
        const before = await createdWith(tx, draft);
        if (before) return before;
        const number = await takeNumbers(tx, draft.realm, 1);
        // Under the lock of the counter: of concurrent requests with one key the others find what the first made.
        const meanwhile = await createdWith(tx, draft);
        if (meanwhile) return meanwhile;
        if (draft.createdBy !== null) mayCreate(await createdBy(tx, draft.createdBy));
        const row = await rowOf<ChannelRow>(tx, insertChannel, {
          id: randomUUID(),
          realm: draft.realm,
          number,
          kind: draft.kind,
          slug: draft.slug.slug,
          givesWay: draft.slug.givesWay,
          title: draft.title,
          foldedTitle: foldName(draft.title),
          metadata: JSON.stringify(draft.metadata),
          metadataText: draft.metadataText,
          count: draft.members.length,
          createdBy: draft.createdBy,
          creationKey: draft.creationKey,
        });
        return created(tx, row, draft.members);
      },
      { channels_slug: () => new Fault('conflict', 'slug_taken', 'This slug is taken') },
    ),

  openDirect: openingDirects(database),
});

const createdWith = async (tx: Knex, { createdBy, creationKey }: ChannelDraft): Promise<Created | null> => {
  if (createdBy === null || creationKey === null) return null;
  const [row] = await rowsOf<ChannelRow>(
    tx,
    'select * from channels where created_by = :createdBy and creation_key = :creationKey',
    { createdBy, creationKey },
  );
  return row ? { channel: toChannel(row), members: [] } : null;
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
    (id, realm, number, kind, slug, title, folded_title, metadata, metadata_text, membership_version, member_count, created_by,
     creation_key)
  values (
    :id, :realm, :number, :kind,
    case when :givesWay and exists (select 1 from channels where realm = :realm and slug = :slug) then null else :slug end,
    :title, :foldedTitle, :metadata, :metadataText, :count, :count, :createdBy, :creationKey
  )
  returning *`;

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
