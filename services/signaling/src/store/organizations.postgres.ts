import type { AccountId, Network, OrganizationId } from '@parley/contracts';
import type { HeldAccount } from '@parley/bus';
import { groupedReads, query, transact, type Database } from '@parley/postgres';
import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { deleteOrganization, removeMember } from './end-memberships.postgres.js';
import { rowsOf } from './rows.postgres.js';
import type { OrganizationDraft, Organizations, Reference, WithNetworks } from './organizations.js';

export const postgresOrganizations = (database: Database): Organizations => ({
  create: (draft) => transact(database, 'signaling.create_organization', (tx) => create(tx, draft)),

  find: (realm, reference) => query(database, 'signaling.find_organization', (knex) => findOne(knex, realm, reference)),

  listOf: (realm, accountId, after, limit) =>
    query(database, 'signaling.list_organizations', async (knex) => {
      const rows = await rowsOf<OrganizationRow>(
        knex,
        `${select} join members m on m.organization_id = o.id
         where m.account_id = :accountId and m.organization_number > :after and o.realm = :realm
         order by m.organization_number limit :limit`,
        { realm, accountId, after, limit },
      );
      return rows.map(toOrganization);
    }),

  invite: ({ id: organizationId, realm }, { hash, invitedBy, lifeMs, creationKey }) =>
    transact(database, 'signaling.invite', async (tx) => {
      await tx.raw('select from organizations where id = :organizationId for update', { organizationId });
      await tx.raw(
        'delete from invitation_secrets where organization_id = :organizationId and expires_at < clock_timestamp()',
        { organizationId },
      );
      const values = { organizationId, realm, hash, invitedBy, lifeMs, creationKey, invitationsMax };
      const [kept] = await rowsOf<{ expires_at: Date }>(tx, insertInvitation, values);
      return kept ? { expiresAt: kept.expires_at.toISOString() } : null;
    }),

  addMember: (organization, accountId, hash) =>
    query(database, 'signaling.add_member', async (knex) => {
      const { id: organizationId, number, realm } = organization;
      return (await rowsOf(knex, insertAdmitted, { organizationId, accountId, realm, number, hash })).length === 1;
    }),

  ownerOf: (organizationId) =>
    query(database, 'signaling.owner_of', async (knex) => {
      const [row] = await rowsOf<{ account_id: AccountId }>(knex, owner, { organizationId });
      return row?.account_id ?? null;
    }),

  removeMember: (organization, accountId) =>
    transact(database, 'signaling.remove_member', (tx) => removeMember(tx, organization, accountId)),

  delete: (organization) =>
    transact(database, 'signaling.delete_organization', (tx) => deleteOrganization(tx, organization)),

  findFor: findFor(database),

  members: (organizationId, after, limit) =>
    query(database, 'signaling.list_members', async (knex) => {
      const rows = await rowsOf<{ account_id: AccountId; joined_at: Date }>(
        knex,
        `select account_id, joined_at from members
         where organization_id = :organizationId and (:after::uuid is null or account_id > :after::uuid)
         order by account_id limit :limit`,
        { organizationId, after: after ?? null, limit },
      );
      return rows.map((row) => ({ accountId: row.account_id, joinedAt: row.joined_at.toISOString() }));
    }),

  held: (after, limit) =>
    query(database, 'signaling.held_accounts', (knex) =>
      rowsOf<HeldAccount>(knex, heldSql, { after: after ?? nilAccount, limit }),
    ),
  forget: (realm, accountId) =>
    query(database, 'signaling.forget_account', async (knex) => {
      for (const table of ['invitations', 'members']) {
        await knex.raw(`delete from ${table} where account_id = :accountId and realm = :realm`, { realm, accountId });
      }
    }),
});

interface Sought {
  readonly realm: string;
  readonly reference: Reference;
  readonly accountId: AccountId;
}
type Found = Awaited<ReturnType<Organizations['findFor']>>;

/** Every operation begins with this question, so those that come at once share a statement. */
const findFor = (database: Database): Organizations['findFor'] => {
  const byId = groupedReads({ read: (asked: readonly Sought[]) => findAll(database, 'id', asked) });
  const byNumber = groupedReads({ read: (asked: readonly Sought[]) => findAll(database, 'number', asked) });
  return (realm, reference, accountId) =>
    'id' in reference ? byId({ realm, reference, accountId }) : byNumber({ realm, reference, accountId });
};

const findAll = (database: Database, by: 'id' | 'number', asked: readonly Sought[]): Promise<Found[]> =>
  query(database, 'signaling.find_organization_for', async (knex) => {
    const values = [
      asked.map(({ realm }) => realm),
      asked.map(({ reference }) => String('id' in reference ? reference.id : reference.number)),
      asked.map(({ accountId }) => accountId),
    ];
    const { rows } = await knex
      .raw<{ rows: (OrganizationRow & { position: string; is_member: boolean })[] }>(findAllBy[by], values)
      // Each connection parses and plans a named statement once.
      .options({ name: `find_organizations_by_${by}` });
    const found: Found[] = asked.map(() => null);
    for (const row of rows) {
      found[Number(row.position) - 1] = { organization: toOrganization(row), isMember: row.is_member };
    }
    return found;
  });

/** Sorts before every account's id. */
const nilAccount = '00000000-0000-0000-0000-000000000000';

const heldIn = (table: string): string =>
  `(select distinct on (account_id) account_id, realm from ${table} where account_id > :after order by account_id limit :limit)`;
// Each part returns its own first accounts, so the first of the union are among them.
const heldSql = `
  select distinct on (account_id) account_id as "accountId", realm
  from (${heldIn('members')} union all ${heldIn('leases')}) as held order by account_id limit :limit`;

interface OrganizationRow {
  readonly id: OrganizationId;
  readonly realm: string;
  readonly number: number;
  readonly name: string;
  readonly created_by: AccountId;
  readonly created_at: Date;
  readonly networks: Network[];
}

const select = `
  select o.*, (
    select json_agg(json_build_object('id', n.id, 'organizationId', o.id, 'cidr', n.cidr) order by n.first_address, n.id)
    from networks n where n.organization_id = o.id
  ) as networks
  from organizations o`;

const findAllOf = (by: 'id' | 'number', type: 'uuid' | 'integer'): string => `
  select asked.position, found.*, exists (
    select from members m where m.organization_id = found.id and m.account_id = asked.account_id
  ) as is_member
  from unnest(?::text[], ?::${type}[], ?::uuid[]) with ordinality as asked (realm, reference, account_id, position)
  cross join lateral (${select} where o.realm = asked.realm and o.${by} = asked.reference) found`;
const findAllBy = { id: findAllOf('id', 'uuid'), number: findAllOf('number', 'integer') };

const oneOf = (reference: Reference): string =>
  `${select} where o.realm = :realm and ${'id' in reference ? 'o.id = :id' : 'o.number = :number'}`;

const insertMember = `
  insert into members (organization_id, account_id, realm, organization_number)
  values (:organizationId, :accountId, :realm, :number) on conflict do nothing returning account_id`;

const insertAdmitted = `
  with shown as (
    select s.* from invitation_secrets s
    where s.hash = :hash::bytea and s.organization_id = :organizationId::uuid and s.expires_at > clock_timestamp()
      and not exists (select from members m where m.organization_id = s.organization_id and m.account_id = :accountId::uuid)
  ),
  -- All secrets of the invitation, in one order, so that two accounts that show different ones wait for each other.
  locked as (
    select s.hash from invitation_secrets s, shown
    where s.hash = shown.hash or (
      s.organization_id = shown.organization_id and s.invited_by = shown.invited_by and s.creation_key = shown.creation_key
    )
    order by s.hash for update of s
  ),
  used as (
    delete from invitation_secrets s using locked where s.hash = locked.hash and :hash::bytea in (select hash from locked)
    returning s.hash
  )
  insert into members (organization_id, account_id, realm, organization_number)
  select o.id, :accountId::uuid, :realm, :number::integer from organizations o
  where o.id = :organizationId and (o.open or exists (select from used) or exists (
    select from invitations i where i.organization_id = o.id and i.account_id = :accountId::uuid
  ))
  on conflict do nothing returning account_id`;

const invitationsMax = 1_000;

const insertInvitation = `
  insert into invitation_secrets (hash, organization_id, realm, invited_by, creation_key, expires_at)
  select :hash, :organizationId, :realm, :invitedBy, :creationKey::text, coalesce(
    (select min(expires_at) from invitation_secrets
     where organization_id = :organizationId and invited_by = :invitedBy and creation_key = :creationKey::text),
    clock_timestamp() + :lifeMs * interval '1 ms'
  )
  where (select count(*) from invitation_secrets where organization_id = :organizationId) < :invitationsMax
  returning expires_at`;

const owner = `
  select m.account_id from members m join organizations o on o.id = m.organization_id
  where m.organization_id = :organizationId
  order by (m.account_id = o.created_by) desc, m.joined_at, m.account_id limit 1`;

const findOne = async (knex: Knex, realm: string, reference: Reference): Promise<WithNetworks | null> => {
  const [row] = await rowsOf<OrganizationRow>(knex, oneOf(reference), { realm, ...reference });
  return row === undefined ? null : toOrganization(row);
};

const createdWith = async (tx: Knex, { createdBy, creationKey }: OrganizationDraft): Promise<WithNetworks | null> => {
  if (creationKey === null) return null;
  const sql = `${select} where o.created_by = :createdBy and o.creation_key = :creationKey`;
  const [row] = await rowsOf<OrganizationRow>(tx, sql, { createdBy, creationKey });
  return row === undefined ? null : toOrganization(row);
};

const create = async (tx: Knex, draft: OrganizationDraft): Promise<WithNetworks> => {
  const before = await createdWith(tx, draft);
  if (before) return before;
  const { realm, name, cidr, subnet, createdBy, open, creationKey } = draft;
  const organizationId = randomUUID() as OrganizationId;
  const [counter] = await rowsOf<{ number: number }>(
    tx,
    `insert into counters as c (realm, organization_number) values (:realm, 1)
     on conflict (realm) do update set organization_number = c.organization_number + 1
     returning organization_number as number`,
    { realm },
  );
  // Under the lock of the counter: of concurrent requests with one key the others find what the first made.
  const meanwhile = await createdWith(tx, draft);
  if (meanwhile) return meanwhile;
  const values = { organizationId, realm, number: counter?.number, accountId: createdBy, name, open, creationKey };
  await tx.raw(
    `insert into organizations (id, realm, number, name, created_by, open, creation_key)
     values (:organizationId, :realm, :number, :name, :accountId, :open, :creationKey)`,
    values,
  );
  await tx.raw(
    `insert into networks (id, organization_id, realm, cidr, first_address, last_address)
     values (:id, :organizationId, :realm, :cidr, :first, :last)`,
    { ...values, id: randomUUID(), cidr, first: subnet.first, last: subnet.last },
  );
  await tx.raw(insertMember, values);
  const made = await findOne(tx, realm, { id: organizationId });
  if (made === null) throw new Error('The organization just made is not there');
  return made;
};

const toOrganization = (row: OrganizationRow): WithNetworks => ({
  id: row.id,
  number: row.number,
  realm: row.realm,
  name: row.name,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  networks: row.networks,
});
