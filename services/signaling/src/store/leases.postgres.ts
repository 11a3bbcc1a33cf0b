import {
  Fault,
  formatAddress,
  parseAddress,
  type AccountId,
  type Lease,
  type Network,
  type NetworkId,
} from '@parley/contracts';
import { query, transact, type Database } from '@parley/postgres';
import type { Knex } from 'knex';
import { notMember } from '../caller.js';
import type { Leases } from './leases.js';
import { endPeers } from './end-peers.postgres.js';
import type { PeersGone } from './peers.js';
import { rowsOf } from './rows.postgres.js';

export const postgresLeases = (database: Database): Leases => ({
  allocate: (network, { accountId, number }) =>
    transact(database, 'signaling.allocate_address', async (knex) => {
      await refuseTooMany(knex, network, accountId);
      const [row] = await rowsOf<{ address: string | null; allocated_at: Date | null }>(
        knex,
        'select * from allocate_address(:network, :accountId, :number)',
        { network: network.id, accountId, number },
      );
      if (!row) throw subnetFull(network.cidr);
      if (row.address === null || row.allocated_at === null) throw notMember();
      return toLease(network, {
        account_id: accountId,
        account_number: number,
        address: row.address,
        allocated_at: row.allocated_at,
      });
    }),

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

  release: (network, accountId) =>
    transact(database, 'signaling.release_address', async (tx) => {
      const [freed] = await rowsOf<{ address: string }>(tx, release, { networkId: network.id, accountId });
      if (!freed) return null;
      // Queried after the network is locked: a peer may have registered while we waited for the lock.
      return { address: formatAddress(Number(freed.address)), gone: await endPeersOf(tx, [network.id], accountId) };
    }),

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
});

const addressesMax = 1_000;

/** Counted under a lock of the account, so that concurrent requests cannot exceed the limit together. */
const refuseTooMany = async (tx: Knex, network: Network, accountId: AccountId): Promise<void> => {
  await tx.raw(`select pg_advisory_xact_lock(hashtextextended('signaling.addresses:' || :accountId, 0))`, {
    accountId,
  });
  const [held] = await rowsOf<{ count: number }>(
    tx,
    `select count(*)::integer as count from leases where account_id = :accountId
     and not exists (select from leases l where l.account_id = :accountId and l.network_id = :network)`,
    { accountId, network: network.id },
  );
  if (held && held.count >= addressesMax) {
    throw new Fault('exhausted', 'too_many_addresses', `An account holds at most ${addressesMax} addresses`);
  }
};

const release = `
  with locked as (select id from networks where id = :networkId for update), freed as (
    delete from leases l using locked where l.network_id = locked.id and l.account_id = :accountId
    returning l.network_id, l.address
  )
  insert into released_addresses (network_id, address) select network_id, address from freed returning address`;

interface LeaseRow {
  readonly account_id: AccountId;
  readonly account_number: number;
  /** The driver returns bigint as text. */
  readonly address: string;
  readonly allocated_at: Date;
}

/** Always in the same order, so that two transactions cannot deadlock. */
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

const subnetFull = (cidr: string): Fault => new Fault('exhausted', 'subnet_full', `No free address left in ${cidr}`);
