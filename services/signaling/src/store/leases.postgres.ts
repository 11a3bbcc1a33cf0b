import {
  formatAddress,
  parseAddress,
  type AccountId,
  type Lease,
  type Network,
  type NetworkId,
} from '@parley/contracts';
import { query, transact, type Database } from '@parley/postgres';
import type { Knex } from 'knex';
import { postgresLeaseChanges } from './change-leases.postgres.js';
import type { Leases } from './leases.js';
import { endPeers } from './end-peers.postgres.js';
import type { PeersGone } from './peers.js';
import { rowsOf } from './rows.postgres.js';

export const postgresLeases = (database: Database): Leases => {
  const changes = postgresLeaseChanges(database);
  return {
    allocate: (network, holder) => changes.allocate(network, holder),

    list: (network, after, limit) =>
      query(database, 'signaling.list_leases', async (knex) => {
        const rows = await rowsOf<LeaseRow>(
          knex,
          `select account_id, account_number, address, allocated_at from leases
           where network_id = :network and address > :after order by address limit :limit`,
          { network: network.id, after: after === undefined ? -1 : parseAddress(after), limit },
        );
        return rows.map((row) => toLease(network, row));
      }),

    holderOf: (network, address) =>
      query(database, 'signaling.holder_of', async (knex) => {
        const [row] = await rowsOf<{ account_id: AccountId }>(
          knex,
          'select account_id from leases where network_id = :network and address = :address',
          { network: network.id, address: parseAddress(address) },
        );
        return row?.account_id ?? null;
      }),

    async release(network, accountId) {
      const released = await changes.release(network, accountId);
      if (released === 'has peers') return releaseWithPeers(database, network.id, accountId);
      return released && { ...released, gone: [] };
    },

    releaseAll: (realm, accountId) =>
      transact(database, 'signaling.release_all', async (tx) => {
        const held = await rowsOf<{ network_id: NetworkId }>(
          tx,
          'select network_id from leases where account_id = :accountId and realm = :realm',
          { realm, accountId },
        );
        const networkIds = held.map((one) => one.network_id);
        await lockNetworks(tx, networkIds);
        await freed(tx, networkIds, accountId);
        return endPeersOf(tx, networkIds, accountId);
      }),
  };
};

const releaseWithPeers: (
  database: Database,
  networkId: NetworkId,
  accountId: AccountId,
) => ReturnType<Leases['release']> = (database, networkId, accountId) =>
  transact(database, 'signaling.release_address', async (tx) => {
    await lockNetworks(tx, [networkId]);
    const [address] = await freed(tx, [networkId], accountId);
    if (address === undefined) return null;
    return { address: formatAddress(Number(address)), gone: await endPeersOf(tx, [networkId], accountId) };
  });

interface LeaseRow {
  readonly account_id: AccountId;
  readonly account_number: number;
  /** The driver returns bigint as text. */
  readonly address: string;
  readonly allocated_at: Date;
}

/** Always in the same order, so that two transactions cannot deadlock. What follows sees what the former holders of the locks committed. */
const lockNetworks = async (tx: Knex, networkIds: readonly NetworkId[]): Promise<void> => {
  await tx.raw('select from networks where id = any (:networkIds) order by id for update', { networkIds });
};

const freed = async (tx: Knex, networkIds: readonly NetworkId[], accountId: AccountId): Promise<string[]> => {
  const rows = await rowsOf<{ address: string }>(
    tx,
    `with freed as (
       delete from leases where network_id = any (:networkIds) and account_id = :accountId returning network_id, address
     )
     insert into released_addresses (network_id, address) select network_id, address from freed returning address`,
    { networkIds, accountId },
  );
  return rows.map(({ address }) => address);
};

const endPeersOf = async (tx: Knex, networkIds: readonly NetworkId[], accountId: AccountId): Promise<PeersGone> => {
  const rows = await rowsOf<{ connection_id: string }>(
    tx,
    'select connection_id from peers where network_id = any (:networkIds) and account_id = :accountId',
    { networkIds, accountId },
  );
  return endPeers(
    tx,
    rows.map((row) => row.connection_id),
  );
};

const toLease = (network: Network, row: LeaseRow): Lease => ({
  networkId: network.id,
  organizationId: network.organizationId,
  accountId: row.account_id,
  accountNumber: row.account_number,
  address: formatAddress(Number(row.address)),
  allocatedAt: row.allocated_at.toISOString(),
});
