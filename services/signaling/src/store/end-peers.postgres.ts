import {
  formatAddress,
  type AccountId,
  type AccountSummary,
  type ConnectionId,
  type NetworkId,
  type OrganizationId,
  type Peer,
} from '@parley/contracts';
import type { Knex } from 'knex';
import type { PeersGone } from './peers.js';
import { rowsOf } from './rows.postgres.js';

export interface PeerRow {
  readonly connection_id: ConnectionId;
  readonly network_id: NetworkId;
  readonly organization_id: OrganizationId;
  readonly realm: string;
  readonly account_id: AccountId;
  readonly account: AccountSummary;
  readonly email: string | null;
  readonly label: string;
  readonly agent_id: string | null;
  readonly address: string;
  readonly public_address: string;
  readonly public_port: number;
  readonly relay_address: string | null;
  readonly relay_port: number | null;
}

export const toPeer = (row: PeerRow): Peer => ({
  connectionId: row.connection_id,
  networkId: row.network_id,
  organizationId: row.organization_id,
  account: row.account,
  email: row.email,
  label: row.label,
  agentId: row.agent_id,
  address: formatAddress(Number(row.address)),
  publicAddress: row.public_address,
  publicPort: row.public_port,
  relayAddress: row.relay_address,
  relayPort: row.relay_port,
});

/**
 * Removes these connections from their networks and numbers each removal as a change of its network. The networks are locked first, in a
 * fixed order: every transaction that changes peers holds its network's lock, so versions have no gap and no two of them deadlock.
 */
export const endPeers = async (tx: Knex, connectionIds: readonly string[]): Promise<PeersGone> => {
  if (connectionIds.length === 0) return [];
  await tx.raw(
    `select from networks where id in (select network_id from peers where connection_id = any (:connectionIds))
     order by id for update`,
    { connectionIds },
  );
  const gone = await rowsOf<PeerRow>(
    tx,
    `with gone as (delete from peers where connection_id = any (:connectionIds) returning *)
     select gone.*, n.organization_id from gone join networks n on n.id = gone.network_id`,
    { connectionIds },
  );
  const versions = await raised(tx, gone);
  return gone.map((row) => {
    const version = (versions.get(row.network_id) ?? 0) + 1;
    versions.set(row.network_id, version);
    return { realm: row.realm, version, peer: toPeer(row) };
  });
};

/** Raises the version of each network by the number of its peers that ended; returns the versions before. */
const raised = async (tx: Knex, gone: readonly PeerRow[]): Promise<Map<NetworkId, number>> => {
  const rows = await rowsOf<{ id: NetworkId; before: string }>(
    tx,
    `update networks n set peers_version = n.peers_version + c.count
     from (select id, count(*) from unnest(:ids::uuid[]) as t (id) group by id) c
     where n.id = c.id returning n.id, n.peers_version - c.count as before`,
    { ids: gone.map((row) => row.network_id) },
  );
  return new Map(rows.map(({ id, before }) => [id, Number(before)]));
};
