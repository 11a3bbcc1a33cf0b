import type { AccountId } from '@parley/contracts';
import type { Knex } from 'knex';
import { endPeers } from './end-peers.postgres.js';
import type { WithNetworks } from './organizations.js';
import type { PeersGone } from './peers.js';
import { rowsOf } from './rows.postgres.js';

/** Locks the networks first, as allocation and registration do: afterwards the membership that ends can no longer give an address. */
const lockNetworks = async (tx: Knex, { networks }: WithNetworks): Promise<string[]> => {
  const networkIds = networks.map(({ id }) => id as string);
  await tx.raw('select from networks where id = any (:networkIds) order by id for update', { networkIds });
  return networkIds;
};

export const removeMember = async (
  tx: Knex,
  organization: WithNetworks,
  accountId: AccountId,
): Promise<PeersGone | null> => {
  const networkIds = await lockNetworks(tx, organization);
  const values = { organizationId: organization.id, accountId, networkIds };
  const ended = await rowsOf(
    tx,
    'delete from members where organization_id = :organizationId and account_id = :accountId returning account_id',
    values,
  );
  if (ended.length === 0) return null;
  // Otherwise the account could rejoin an organization that is not open.
  await tx.raw('delete from invitations where organization_id = :organizationId and account_id = :accountId', values);
  await tx.raw(
    `with freed as (
       delete from leases where network_id = any (:networkIds) and account_id = :accountId returning network_id, address
     )
     insert into released_addresses (network_id, address) select network_id, address from freed`,
    values,
  );
  return endPeersWhere(tx, 'network_id = any (:networkIds) and account_id = :accountId', values);
};

export const deleteOrganization = async (tx: Knex, organization: WithNetworks): Promise<PeersGone> => {
  const networkIds = await lockNetworks(tx, organization);
  const values = { organizationId: organization.id, networkIds };
  const gone = await endPeersWhere(tx, 'network_id = any (:networkIds)', values);
  for (const table of ['leases', 'released_addresses']) {
    await tx.raw(`delete from ${table} where network_id = any (:networkIds)`, values);
  }
  for (const table of ['invitation_secrets', 'invitations', 'members', 'networks']) {
    await tx.raw(`delete from ${table} where organization_id = :organizationId`, values);
  }
  await tx.raw('delete from organizations where id = :organizationId', values);
  return gone;
};

const endPeersWhere = async (
  tx: Knex,
  where: string,
  values: Readonly<Record<string, unknown>>,
): Promise<PeersGone> => {
  const rows = await rowsOf<{ connection_id: string }>(tx, `select connection_id from peers where ${where}`, values);
  return endPeers(
    tx,
    rows.map((row) => row.connection_id),
  );
};
