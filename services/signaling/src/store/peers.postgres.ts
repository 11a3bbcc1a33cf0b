import { Fault, type ConnectionId, type NetworkId } from '@parley/contracts';
import { query, transact, type Database } from '@parley/postgres';
import type { Knex } from 'knex';
import { endPeers, toPeer, type PeerRow } from './end-peers.postgres.js';
import { madeLabel, type PeerChange, type PeerDraft, type Peers, type Registered } from './peers.js';
import { rowsOf } from './rows.postgres.js';

const sweepMax = 500;

export const postgresPeers = (database: Database): Peers => ({
  register: (draft) =>
    transact(database, 'signaling.register_peer', (tx) => register(tx, draft), { peers_gateway: gatewayUnknown }),

  heartbeat: (gatewayId, lapseMs) =>
    query(database, 'signaling.heartbeat', async (knex) => {
      const [row] = await rowsOf<{ lapsed: boolean; peers: number }>(knex, heartbeat, { gatewayId, lapseMs });
      return row ?? { lapsed: true, peers: 0 };
    }),

  drop: (gatewayId, connectionIds) =>
    transact(database, 'signaling.drop_peers', async (tx) => {
      const rows = await rowsOf<{ connection_id: ConnectionId }>(
        tx,
        'select connection_id from peers where connection_id = any (:connectionIds) and gateway_id = :gatewayId',
        { gatewayId, connectionIds },
      );
      return endPeers(
        tx,
        rows.map((row) => row.connection_id),
      );
    }),

  sweep: (lapseMs) => transact(database, 'signaling.sweep_gateways', (tx) => sweep(tx, lapseMs)),

  listByGateway: (gatewayId, after, limit) =>
    query(database, 'signaling.peers_of_gateway', async (knex) => {
      const rows = await rowsOf<{ connection_id: ConnectionId }>(
        knex,
        `select connection_id from peers
         where gateway_id = :gatewayId and (:after::uuid is null or connection_id > :after::uuid)
         order by connection_id limit :limit`,
        { gatewayId, after: after ?? null, limit },
      );
      return rows.map((row) => row.connection_id);
    }),

  // One statement, so that the version matches these peers.
  list: (realm, networkId, after, limit) =>
    query(database, 'signaling.list_peers', async (knex) => {
      const rows = await rowsOf<Partial<PeerRow> & { version: string }>(
        knex,
        `select n.peers_version as version, n.organization_id, p.* from networks n left join lateral (
           select * from peers where network_id = n.id and (:after::uuid is null or connection_id > :after::uuid)
           order by connection_id limit :limit
         ) p on true where n.id = :networkId and n.realm = :realm order by p.connection_id`,
        { realm, networkId, after: after ?? null, limit },
      );
      if (!rows[0]) return null;
      const peers = rows.filter((row): row is PeerRow & { version: string } => Boolean(row.connection_id));
      return { peers: peers.map(toPeer), version: Number(rows[0].version) };
    }),

  versions: (realm, networkIds) =>
    query(database, 'signaling.peer_versions', async (knex) => {
      const rows = await rowsOf<{ id: NetworkId; peers_version: string }>(
        knex,
        'select id, peers_version from networks where id = any (:networkIds) and realm = :realm',
        { realm, networkIds },
      );
      return rows.map((row) => ({ networkId: row.id, version: Number(row.peers_version) }));
    }),
});

const heartbeat = `
  with before as (select seen_at from gateways where id = :gatewayId), seen as (
    insert into gateways (id) values (:gatewayId) on conflict (id) do update set seen_at = clock_timestamp() returning id
  )
  select
    coalesce((select seen_at < clock_timestamp() - :lapseMs::integer * interval '1 ms' from before), true) as lapsed,
    (select count(*)::integer from peers p where p.gateway_id = seen.id) as peers
  from seen`;

/** Locks the gateway before the network, in the same order as the sweeper. */
const register = async (tx: Knex, draft: PeerDraft): Promise<Registered> => {
  const { gatewayId, connectionId } = draft;
  await tx.raw('select from gateways where id = :gatewayId for key share', { gatewayId });
  const networkId = await firstNetwork(tx, draft);
  const [network] = await rowsOf<{ peers_version: string }>(
    tx,
    'select peers_version from networks where id = :networkId for update',
    { networkId },
  );
  const [known] = await peersWhere(tx, 'p.connection_id = :connectionId', { connectionId });
  if (known) return { peer: toPeer(known), version: Number(network?.peers_version), isNew: false, replaced: null };
  const replaced = await takeOver(tx, networkId, draft);
  const label = await freeLabel(tx, networkId, draft);
  const [raised] = await rowsOf<{ version: string }>(
    tx,
    'update networks set peers_version = peers_version + 1 where id = :networkId returning peers_version as version',
    { networkId },
  );
  await insert(tx, draft, networkId, label);
  const [made] = await peersWhere(tx, 'p.connection_id = :connectionId', { connectionId });
  // The address was released between finding it and locking its network.
  if (!made) throw noAddress();
  return { peer: toPeer(made), version: Number(raised?.version), isNew: true, replaced };
};

/** The network in which the account has an address, in the organization with the smallest number. */
const firstNetwork = async (tx: Knex, { realm, account }: PeerDraft): Promise<NetworkId> => {
  const [found] = await rowsOf<{ network_id: NetworkId | null }>(
    tx,
    `select l.network_id from members m
     left join networks n on n.organization_id = m.organization_id
     left join leases l on l.network_id = n.id and l.account_id = m.account_id
     where m.account_id = :accountId and m.realm = :realm
     order by l.network_id is null, m.organization_number, n.first_address, n.id limit 1`,
    { realm, accountId: account.id },
  );
  if (!found) throw new Fault('forbidden', 'no_organization', 'You are not a member of any organization');
  if (found.network_id === null) throw noAddress();
  return found.network_id;
};

/** Ends the account's older connection with this agent id. */
const takeOver = async (
  tx: Knex,
  networkId: NetworkId,
  { account, agentId, reannounce }: PeerDraft,
): Promise<PeerChange | null> => {
  if (agentId === null) return null;
  const where = 'p.network_id = :networkId and p.account_id = :accountId and p.agent_id = :agentId';
  const [holder] = await peersWhere(tx, where, { networkId, accountId: account.id, agentId });
  if (!holder) return null;
  if (reannounce)
    throw new Fault('conflict', 'replaced', 'A newer connection of the same agent took the place of this one');
  const [gone] = await endPeers(tx, [holder.connection_id]);
  return gone ?? null;
};

/** The agent id, unless another peer of the network has it as its label: then a generated one. */
const freeLabel = async (tx: Knex, networkId: NetworkId, draft: PeerDraft): Promise<string> => {
  const { account, agentId, connectionId } = draft;
  const made = madeLabel(account, connectionId);
  const wished = [...(agentId === null ? [] : [agentId]), made];
  const taken = await rowsOf<{ label: string }>(
    tx,
    'select label from peers where network_id = :networkId and label = any (:wished)',
    { networkId, wished },
  );
  // An agent id may equal the generated label of another peer; the full id of a connection cannot be chosen by a client.
  return wished.find((label) => !taken.some((one) => one.label === label)) ?? `${made}_${connectionId}`;
};

const insert = async (tx: Knex, draft: PeerDraft, networkId: NetworkId, label: string): Promise<void> => {
  const { account, reannounce: _, ...rest } = draft;
  await tx.raw(
    `insert into peers (connection_id, network_id, gateway_id, realm, account_id, account, email, label, agent_id, address,
       public_address, public_port, relay_address, relay_port)
     select :connectionId, l.network_id, :gatewayId, :realm, l.account_id, :account, :email, :label, :agentId, l.address,
       :publicAddress, :publicPort, :relayAddress, :relayPort
     from leases l where l.network_id = :networkId and l.account_id = :accountId`,
    { ...rest, networkId, label, accountId: account.id, account: JSON.stringify(account) },
  );
};

const peersWhere = (tx: Knex, where: string, values: Readonly<Record<string, unknown>>): Promise<PeerRow[]> =>
  rowsOf<PeerRow>(
    tx,
    `select p.*, n.organization_id from peers p join networks n on n.id = p.network_id where ${where}`,
    values,
  );

const sweep = async (tx: Knex, lapseMs: number): ReturnType<Peers['sweep']> => {
  const isSilent = `seen_at < clock_timestamp() - :lapseMs::integer * interval '1 ms'`;
  const [gateway] = await rowsOf<{ id: string }>(
    tx,
    `select id from gateways g where ${isSilent} and exists (select from peers p where p.gateway_id = g.id)
     order by seen_at limit 1 for update skip locked`,
    { lapseMs },
  );
  if (!gateway) {
    // Gateways that stopped for good; one that returns after this long is registered as new.
    await tx.raw(
      `delete from gateways g where seen_at < clock_timestamp() - interval '1 hour'
       and not exists (select from peers p where p.gateway_id = g.id)`,
    );
    return { gone: [], more: false };
  }
  const rows = await rowsOf<{ connection_id: string }>(
    tx,
    'select connection_id from peers where gateway_id = :id order by network_id, connection_id limit :sweepMax',
    { id: gateway.id, sweepMax },
  );
  const ids = rows.map((row) => row.connection_id);
  return { gone: await endPeers(tx, ids), more: true };
};

const noAddress = (): Fault =>
  new Fault('conflict', 'no_address', 'You have no address in any of your organizations; allocate one first');
const gatewayUnknown = (): Fault =>
  new Fault('unavailable', 'gateway_unknown', 'The gateway has not sent a heartbeat', { retryAfterMs: 1_000 });
