import { Fault, formatAddress, type AccountId, type Lease, type Network, type NetworkId } from '@parley/contracts';
import { execute, groupedReads, type Database } from '@parley/postgres';
import { notMember } from '../caller.js';
import type { Holder } from './leases.js';

const addressesMax = 1_000;

/** Addresses of one network that are released and allocated by one statement at a time. */
export interface LeaseChanges {
  /** The account's address, or else the lowest free one. `exhausted` `subnet_full` or `too_many_addresses`; `forbidden` `not_member`. */
  allocate(network: Network, holder: Holder): Promise<Lease>;
  /** The address that was released; null: the account had none. `has peers`: nothing was changed, since its peers have to end with it. */
  release(network: Network, accountId: AccountId): Promise<{ readonly address: string } | 'has peers' | null>;
}

type Change =
  { readonly type: 'allocate'; readonly holder: Holder } | { readonly type: 'release'; readonly accountId: AccountId };

interface ChangeRow {
  readonly account: AccountId;
  readonly outcome: 'released' | 'has_peers' | 'held' | 'too_many' | 'full';
  /** The driver returns bigint as text. */
  readonly address: string | null;
  readonly allocated_at: Date | null;
}

interface Group {
  readonly add: (change: Change) => Promise<ChangeRow | undefined>;
  pending: number;
}

/**
 * A change locks its network and ends with a commit, so changes of one network would each wait for the commits of all before it. Those that come
 * while a statement is in flight share the next.
 */
export const postgresLeaseChanges = (database: Database): LeaseChanges => {
  const groups = new Map<NetworkId, Group>();

  const groupOf = (networkId: NetworkId): Group => {
    const read = (changes: readonly Change[]) => changeLeases(database, networkId, changes);
    const group = groups.get(networkId) ?? { add: groupedReads({ read, groupMax, inFlightMax: 1 }), pending: 0 };
    groups.set(networkId, group);
    return group;
  };
  const change = async (networkId: NetworkId, one: Change): Promise<ChangeRow | undefined> => {
    const group = groupOf(networkId);
    group.pending += 1;
    try {
      return await group.add(one);
    } finally {
      group.pending -= 1;
      if (group.pending === 0) groups.delete(networkId);
    }
  };

  return {
    async allocate(network, holder) {
      const row = await change(network.id, { type: 'allocate', holder });
      if (!row) throw notMember();
      if (row.outcome === 'too_many') throw tooMany();
      if (row.address === null || row.allocated_at === null) throw subnetFull(network.cidr);
      return {
        networkId: network.id,
        organizationId: network.organizationId,
        accountId: holder.accountId,
        accountNumber: holder.number,
        address: formatAddress(Number(row.address)),
        allocatedAt: row.allocated_at.toISOString(),
      };
    },
    async release(network, accountId) {
      const row = await change(network.id, { type: 'release', accountId });
      if (!row) return null;
      return row.outcome === 'has_peers' ? 'has peers' : { address: formatAddress(Number(row.address)) };
    },
  };
};

/** Each allocation holds a lock of its account until the commit, and the lock table of PostgreSQL is limited. */
const groupMax = 100;

/** Resolves with the row of each change, in their order. */
const changeLeases = (
  database: Database,
  networkId: NetworkId,
  changes: readonly Change[],
): Promise<(ChangeRow | undefined)[]> => {
  const releasing = changes.flatMap((one) => (one.type === 'release' ? one.accountId : []));
  const allocating = new Map(
    changes.flatMap((one) => (one.type === 'allocate' ? [[one.holder.accountId, one.holder.number] as const] : [])),
  );
  const values = [networkId, releasing, [...allocating.keys()], [...allocating.values()], addressesMax];
  return execute(database, 'signaling.change_leases', async (knex) => {
    const { rows } = await knex
      .raw<{ rows: ChangeRow[] }>('select * from change_leases(?, ?::uuid[], ?::uuid[], ?::integer[], ?)', values)
      // Each connection parses and plans a named statement once.
      .options({ name: 'change_leases' });
    const released = new Map(rows.filter(endsLease).map((row) => [row.account, row]));
    const allocated = new Map(rows.filter((row) => !endsLease(row)).map((row) => [row.account, row]));
    return changes.map((one) =>
      one.type === 'release' ? released.get(one.accountId) : allocated.get(one.holder.accountId),
    );
  });
};

const endsLease = ({ outcome }: ChangeRow): boolean => outcome === 'released' || outcome === 'has_peers';

const tooMany = (): Fault =>
  new Fault('exhausted', 'too_many_addresses', `An account holds at most ${addressesMax} addresses`);
const subnetFull = (cidr: string): Fault => new Fault('exhausted', 'subnet_full', `No free address left in ${cidr}`);
