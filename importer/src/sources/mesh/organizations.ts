import { parseSubnet, ShortNumber, type Subnet } from '@parley/contracts';
import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import { storableText, textOf, type StoredText } from '../stored-text.js';
import { countRows, type TableStore } from '../table-store.js';

interface OrganizationRow {
  readonly id: number;
  readonly name: StoredText;
  readonly subnet: StoredText;
  /** The smallest id of its members that are there. */
  readonly creator: number | null;
}

interface MemberRow {
  readonly user_id: number;
  readonly org_id: number;
  readonly user: number | null;
  readonly organization: number | null;
}

const nameUnitsMax = 255;
export const subnetUnitsMax = 64;

/** What the text of a subnet means; null: nothing that Parley can serve. */
export const subnetOf = (text: string): Subnet | null => {
  try {
    return text.length > subnetUnitsMax ? null : parseSubnet(text);
  } catch {
    return null;
  }
};

export const organizationsOf = async (store: TableStore): Promise<PartReader> =>
  partReader<OrganizationRow>({
    part: 'organizations',
    table: 'organization',
    count: await countRows(store, 'organization'),
    batches: () =>
      store.batches(`
        select o.id, ${store.textOf('o.name', nameUnitsMax)} as name, ${store.textOf('o.subnet', subnetUnitsMax)} as subnet,
               (select min(u.id) from organization_user m join "user" u on u.id = m.user_id where m.org_id = o.id) as creator
          from organization o order by o.id`),
    keyOf: ({ id }) => String(id),
    convert: addOrganization,
  });

const addOrganization = (row: OrganizationRow, { add, note }: RowOutput): void => {
  const number = ShortNumber.safeParse(row.id);
  if (!number.success) return note('refused', 1, 'The id is not between 1 and 2,147,483,647');
  const subnet = textOf(row.subnet) ?? '';
  const name = storableText(row.name ?? '', { name: 'The name', max: nameUnitsMax }, note);
  if (subnetOf(subnet) === null) note('refused', 6, 'The subnet is not an IPv4 subnet from /8 to /32');
  else if (typeof name === 'string') {
    if (row.creator === null) note('reported', 6, 'It has no members, and so no owner');
    const createdBy = row.creator === null ? null : String(row.creator);
    add({ type: 'organization', sourceId: String(row.id), number: number.data, name, subnet, createdBy });
  }
};

export const membersOf = async (store: TableStore): Promise<PartReader> =>
  partReader<MemberRow>({
    part: 'organization_members',
    table: 'organization_user',
    count: await countRows(store, 'organization_user'),
    batches: () =>
      store.batches(`
        select m.user_id, m.org_id, u.id as user, o.id as organization
          from organization_user m left join "user" u on u.id = m.user_id left join organization o on o.id = m.org_id
          order by m.org_id, m.user_id`),
    keyOf: ({ user_id, org_id }) => `user ${user_id} in organization ${org_id}`,
    convert: ({ user_id, org_id, user, organization }, { add, note }) => {
      if (user === null) return note('left_out', 8, `Orphaned: there is no user ${user_id}`);
      if (organization === null) return note('left_out', 8, `Orphaned: there is no organization ${org_id}`);
      add({ type: 'organization_member', organization: String(organization), account: String(user) });
    },
  });
