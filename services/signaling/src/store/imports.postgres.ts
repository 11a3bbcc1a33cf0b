import { randomUUID } from 'node:crypto';
import {
  Fault,
  type ImportedLease,
  type ImportedOrganization,
  notFound,
  parseAddress,
  parseSubnet,
} from '@parley/contracts';
import { type Database, importLedger } from '@parley/postgres';
import type { Knex } from 'knex';
import type { OrganizationImports } from './imports.js';
import { rowsOf } from './rows.postgres.js';

const byConstraint = {
  organizations_number: () => new Fault('conflict', 'number_taken', 'That number is taken'),
  leases_address: () => new Fault('conflict', 'address_taken', 'Another account holds that address'),
};

export const postgresImports = (database: Database): OrganizationImports => {
  const ledger = importLedger(database);
  return {
    begin: (wanted) => ledger.begin(wanted, (tx) => isEmpty(tx, wanted.realm)),
    addOrganizations: (key, organizations) =>
      ledger.add(
        key,
        'imports.organizations',
        async (tx, { begunAt }) => {
          const rows = JSON.stringify(organizations.map((each) => organizationRow(each, begunAt)));
          return addedBy(tx, insertOrganizations, { rows, realm: key.realm });
        },
        byConstraint,
      ),
    addMembers: (key, members) =>
      ledger.add(key, 'imports.organization_members', async (tx, { begunAt }) =>
        addedBy(tx, insertMembers, { rows: JSON.stringify(members), realm: key.realm, begunAt }),
      ),
    addLeases: (key, leases) =>
      ledger.add(
        key,
        'imports.leases',
        async (tx, { begunAt }) =>
          addedBy(tx, insertLeases, { rows: JSON.stringify(leases.map(leaseRow)), realm: key.realm, begunAt }),
        byConstraint,
      ),
    finish: (key) => ledger.finish(key, (tx) => releaseHoles(tx, key.realm)),
  };
};

/** Locks the counter of the realm, as the creation of an organization does. */
const isEmpty = async (tx: Knex, realm: string): Promise<boolean> => {
  await tx.raw(
    `insert into counters as c (realm, organization_number) values (:realm, 0)
     on conflict (realm) do update set organization_number = c.organization_number`,
    { realm },
  );
  return (await rowsOf(tx, 'select from organizations where realm = :realm limit 1', { realm })).length === 0;
};

interface Added {
  readonly added: number;
  readonly unknown: boolean;
  readonly outside: boolean;
}

const addedBy = async (tx: Knex, sql: string, values: Readonly<Record<string, unknown>>): Promise<number> => {
  const [row] = await rowsOf<Added>(tx, sql, values);
  if (row === undefined) throw new Error('A statement that always gives a row gave none');
  if (row.unknown) throw notFound('organization');
  if (row.outside) throw new Fault('invalid', 'address_outside', 'The address is not one of its network');
  return row.added;
};

/** The id of no account: the creator of an organization without members. */
const nilAccount = '00000000-0000-0000-0000-000000000000';

const organizationRow = ({ id, number, name, subnet, createdBy, createdAt }: ImportedOrganization, begunAt: string) => {
  const { first, last } = parseSubnet(subnet);
  return {
    id,
    number,
    name,
    created_by: createdBy ?? nilAccount,
    created_at: createdAt ?? begunAt,
    network_id: randomUUID(),
    cidr: subnet,
    first_address: first,
    last_address: last,
  };
};

const insertOrganizations = `
  with given as materialized (
    select g.* from jsonb_to_recordset(:rows::jsonb) as g (
      id uuid, number integer, name text, created_by uuid, created_at timestamptz, network_id uuid, cidr text,
      first_address bigint, last_address bigint
    )
    where not exists (select from organizations o where o.id = g.id and o.realm = :realm)
  ), made as (
    insert into organizations (id, realm, number, name, created_by, created_at, open)
    select id, :realm, number, name, created_by, created_at, true from given returning id
  ), networked as (
    insert into networks (id, organization_id, realm, cidr, first_address, last_address)
    select g.network_id, g.id, :realm, g.cidr, g.first_address, g.last_address from given g join made m on m.id = g.id
  ), counted as (
    update counters set organization_number = greatest(organization_number, (select max(number) from given))
    where realm = :realm
  )
  select count(*)::integer as added, false as unknown, false as outside from made`;

const insertMembers = `
  with given as materialized (
    select g."accountId" as account_id, o.id, o.number
      from jsonb_to_recordset(:rows::jsonb) as g ("organizationId" uuid, "accountId" uuid)
      left join organizations o on o.id = g."organizationId" and o.realm = :realm
  ), made as (
    insert into members (organization_id, account_id, realm, organization_number, joined_at)
    select id, account_id, :realm, number, :begunAt::timestamptz from given where id is not null
    on conflict do nothing returning account_id
  )
  select (select count(*)::integer from made) as added, exists (select from given where id is null) as unknown,
         false as outside`;

const leaseRow = ({ organizationId, accountId, accountNumber, address }: ImportedLease) => ({
  organization_id: organizationId,
  account_id: accountId,
  account_number: accountNumber,
  address: parseAddress(address),
});

const insertLeases = `
  with given as materialized (
    select g.*, n.id as network_id, g.address between n.first_address and n.last_address as fits
      from jsonb_to_recordset(:rows::jsonb) as g (
        organization_id uuid, account_id uuid, account_number integer, address bigint
      )
      left join networks n on n.organization_id = g.organization_id and n.realm = :realm
  ), made as (
    insert into leases (network_id, account_id, realm, account_number, address, allocated_at)
    select network_id, account_id, :realm, account_number, address, :begunAt::timestamptz from given where fits
    on conflict (network_id, account_id) do nothing returning account_id
  )
  select (select count(*)::integer from made) as added, exists (select from given where network_id is null) as unknown,
         exists (select from given where not fits) as outside`;

/** Holes of one network that are given out again, the lowest first; what lies above stays unused in a network that is nearly empty. */
const holesMax = 65_536;

/** As if every address up to the highest lease had been given out, and those without a lease had been released. */
const releaseHoles = async (tx: Knex, realm: string): Promise<void> => {
  const networks = await rowsOf<{ id: string; first_host: string; highest: string; held: string }>(
    tx,
    `select n.id, max(l.address) as highest, count(*) as held,
            case when n.last_address - n.first_address > 1 then n.first_address + 1 else n.first_address end as first_host
       from networks n join leases l on l.network_id = n.id
      where n.realm = :realm group by n.id`,
    { realm },
  );
  for (const { id, first_host: first, highest, held } of networks) {
    await tx.raw(
      `insert into released_addresses (network_id, address)
       select :id, a.address
         from generate_series(:first::bigint, least(:highest::bigint, :first::bigint + :held::bigint + :holesMax)) as a (address)
        where not exists (select from leases l where l.network_id = :id and l.address = a.address)
        order by a.address limit :holesMax
       on conflict do nothing`,
      { id, first, highest, held, holesMax },
    );
    await tx.raw('update networks set next_address = :next::bigint where id = :id', {
      id,
      next: String(BigInt(highest) + 1n),
    });
  }
};
