import type { AccountSummary, ConnectionId, GatewayId, NetworkId, Peer, Reach } from '@parley/contracts';

export interface PeerDraft extends Reach {
  readonly realm: string;
  readonly connectionId: ConnectionId;
  readonly gatewayId: GatewayId;
  readonly account: AccountSummary;
  readonly email: string | null;
  readonly agentId: string | null;
  /** Gives way to a connection that is online under its label. */
  readonly again: boolean;
}

/** A change of a network's peers, and which one it was. */
export interface PeerChange {
  readonly realm: string;
  readonly version: number;
  readonly peer: Peer;
}
export type PeersGone = readonly PeerChange[];

export interface Registered {
  readonly peer: Peer;
  readonly version: number;
  /** False: this connection was registered before. */
  readonly isNew: boolean;
  /** The older connection of the same account and agent that gave way. */
  readonly replaced: PeerChange | null;
}

export interface Peers {
  /** Faults: `forbidden` `no_organization`, `conflict` `no_address` or `replaced`, `unavailable` `gateway_unknown`. */
  register(draft: PeerDraft): Promise<Registered>;
  /** Whether it was silent for longer than `lapseMs` (or is new), and how many peers it holds. */
  beat(gatewayId: GatewayId, lapseMs: number): Promise<{ lapsed: boolean; peers: number }>;
  /** Those of the connections that are peers through this gateway end. */
  drop(gatewayId: GatewayId, connectionIds: readonly ConnectionId[]): Promise<PeersGone>;
  /**
   * Ends peers of one gateway that has been silent for longer than `lapseMs`; one that another replica is at is passed by.
   * `more`: there may be further ones.
   */
  sweep(lapseMs: number): Promise<{ gone: PeersGone; more: boolean }>;
  held(gatewayId: GatewayId, after: ConnectionId | undefined, limit: number): Promise<ConnectionId[]>;
  /** By connection after `after`; null: there is no such network in the realm. */
  list(
    realm: string,
    networkId: NetworkId,
    after: ConnectionId | undefined,
    limit: number,
  ): Promise<{ peers: Peer[]; version: number } | null>;
  versions(realm: string, networkIds: readonly NetworkId[]): Promise<{ networkId: NetworkId; version: number }[]>;
}

/** How a peer without a name of its own is called. Kept with the others, so that nobody can take it on purpose. */
export const madeLabel = ({ number }: AccountSummary, connectionId: ConnectionId): string =>
  `peer_${number}_${connectionId.slice(0, 8)}`;
