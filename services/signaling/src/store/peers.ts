import type { AccountSummary, ConnectionId, GatewayId, NetworkId, Peer, Reach } from '@parley/contracts';

export interface PeerDraft extends Reach {
  readonly realm: string;
  readonly connectionId: ConnectionId;
  readonly gatewayId: GatewayId;
  readonly account: AccountSummary;
  readonly email: string | null;
  readonly agentId: string | null;
  /** A repeated registration: it is refused when a newer connection of the same agent is online, instead of replacing it. */
  readonly reannounce: boolean;
}

/** A change of a network's peers, and the network's version with it. */
export interface PeerChange {
  readonly realm: string;
  readonly version: number;
  readonly peer: Peer;
}
export type PeersGone = readonly PeerChange[];

export interface Registered {
  readonly peer: Peer;
  readonly version: number;
  /** False: this connection was registered already. */
  readonly isNew: boolean;
  /** The older connection of the same account and agent that this one replaced. */
  readonly replaced: PeerChange | null;
}

export interface Peers {
  /** Faults: `forbidden` `no_organization`, `conflict` `no_address` or `replaced`, `unavailable` `gateway_unknown`. */
  register(draft: PeerDraft): Promise<Registered>;
  /** Whether the gateway was silent for longer than `lapseMs` (or is new), and how many peers it holds. */
  heartbeat(gatewayId: GatewayId, lapseMs: number): Promise<{ lapsed: boolean; peers: number }>;
  /** Ends those of the connections that are peers through this gateway. */
  drop(gatewayId: GatewayId, connectionIds: readonly ConnectionId[]): Promise<PeersGone>;
  /**
   * Ends peers of one gateway that has been silent for longer than `lapseMs`; skips a gateway that another replica is sweeping.
   * `more`: there may be further ones.
   */
  sweep(lapseMs: number): Promise<{ gone: PeersGone; more: boolean }>;
  listByGateway(gatewayId: GatewayId, after: ConnectionId | undefined, limit: number): Promise<ConnectionId[]>;
  /** Ordered by connection, after `after`; null: there is no such network in the realm. */
  list(
    realm: string,
    networkId: NetworkId,
    after: ConnectionId | undefined,
    limit: number,
  ): Promise<{ peers: Peer[]; version: number } | null>;
  versions(realm: string, networkIds: readonly NetworkId[]): Promise<{ networkId: NetworkId; version: number }[]>;
}

/** The generated label of a peer without one of its own. Stored like any other label, so that no client can claim it on purpose. */
export const madeLabel = ({ number }: AccountSummary, connectionId: ConnectionId): string =>
  `peer_${number}_${connectionId.slice(0, 8)}`;
