import { parseAddress, type Subnet } from '@parley/contracts';
import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import { textOf, type StoredText } from '../stored-text.js';
import { countRows, type TableStore } from '../table-store.js';
import { subnetOf, subnetUnitsMax } from './organizations.js';

interface MappingRow {
  readonly id: number;
  readonly user_id: number | null;
  readonly org_id: number | null;
  readonly virtual_ip: StoredText;
  readonly subnet: StoredText;
  /** User, organization and membership are there. */
  readonly known: boolean;
  /** Counts the rows of this user with this address in this organization. */
  readonly repetition: string;
  /** Another user has this address in this organization. */
  readonly shared: boolean;
  /** The user has another address in this organization. */
  readonly several: boolean;
  /** The next lower address that is kept. */
  readonly previous: string | null;
}

/** Free addresses in one stretch below a lease: the old server gave the lowest free one. */
const stretchMax = 65_536;

/** Addresses of users. */
export const leasesOf = async (store: TableStore): Promise<PartReader> =>
  partReader<MappingRow>({
    part: 'leases',
    table: 'virtual_ip_mapping',
    count: await countRows(store, 'virtual_ip_mapping'),
    batches: () => store.batches(mappings(store)),
    keyOf: ({ id }) => String(id),
    convert: addLease,
  });

const part = (place: number): string => `split_part(v.virtual_ip, '.', ${place})::bigint`;

const mappings = (store: TableStore): string => `
  with mapping as (
    select v.id, v.user_id, v.org_id, left(v.virtual_ip, 64) as virtual_ip,
           ${store.textOf('o.subnet', subnetUnitsMax)} as subnet,
           (u.id is not null and o.id is not null and m.user_id is not null) as known,
           case when v.virtual_ip ~ '^\\d{1,3}(\\.\\d{1,3}){3}$'
             then ((${part(1)} * 256 + ${part(2)}) * 256 + ${part(3)}) * 256 + ${part(4)} end as address
      from virtual_ip_mapping v left join "user" u on u.id = v.user_id left join organization o on o.id = v.org_id
           left join organization_user m on m.user_id = v.user_id and m.org_id = v.org_id
  ), counted as (
    select *, row_number() over (partition by known, org_id, user_id, virtual_ip order by id) as repetition,
           min(user_id) over same_address <> max(user_id) over same_address as shared,
           min(virtual_ip) over same_user <> max(virtual_ip) over same_user as several
      from mapping
      window same_address as (partition by known, org_id, virtual_ip), same_user as (partition by known, org_id, user_id)
  )
  select id, user_id, org_id, virtual_ip, subnet, known, repetition, shared, several,
         lag(address) over (partition by org_id, known and repetition = 1 order by address, id) as previous
    from counted order by org_id, address, id`;

const addLease = (row: MappingRow, { add, note }: RowOutput): void => {
  const subnet = subnetOf(textOf(row.subnet) ?? '');
  if (!row.known) return note('left_out', 8, `User ${row.user_id} is not a member of organization ${row.org_id}`);
  // The organization has a finding of its own.
  if (subnet === null) return;
  if (row.repetition !== '1') return note('left_out', 8, 'The same user has the same address in another row');
  const text = textOf(row.virtual_ip) ?? '';
  const address = parseAddress(text);
  if (row.shared) note('refused', 8, 'Another user has the same address in this organization');
  else if (row.several) note('refused', 8, 'The user has another address in this organization');
  else if (address === null) note('refused', 6, 'Not an IPv4 address');
  else if (!isHost(address, subnet)) note('refused', 6, "Not an address of a host in the organization's subnet");
  else {
    const [organization, account] = [String(row.org_id), String(row.user_id)];
    const first = row.previous === null ? firstHost(subnet) : Number(row.previous) + 1;
    if (address - first > stretchMax) return note('refused', 6, 'It leaves more than 65,536 addresses free below it');
    add({ type: 'lease', organization, account, address: text });
  }
};

// A /31 has two hosts, and a /32 is one (RFC 3021).
const isSmall = ({ first, last }: Subnet): boolean => last - first < 2;
const firstHost = (subnet: Subnet): number => subnet.first + (isSmall(subnet) ? 0 : 1);
const isHost = (address: number, subnet: Subnet): boolean =>
  address >= firstHost(subnet) && address <= subnet.last - (isSmall(subnet) ? 0 : 1);
