import { Fault } from '@parley/contracts';
import { clientNetwork, isLoopback } from './client-network.js';

export interface ConnectionLimitsOptions {
  /** Authenticated connections of this process. */
  readonly connectionsMax: number;
  /** Connections of one client network (an IPv4 address, an IPv6 /64), authenticated or not. Loopback is not counted. */
  readonly connectionsPerAddress: number;
  /** Authenticated connections of one account. */
  readonly connectionsPerAccount: number;
  /** Connections that have not authenticated, of this process and of one client network. Not counted among `connectionsMax`. */
  readonly unauthenticatedMax: number;
  readonly unauthenticatedPerAddress: number;
}

export const connectionRefusals = ['gateway_full', 'too_many_connections', 'too_many_unauthenticated'] as const;
export type ConnectionRefusal = (typeof connectionRefusals)[number];

export const retryAfterSeconds = 2;

/** The fault for a refused connection. */
export const refusalFault = (refusal: ConnectionRefusal): Fault => {
  const retryAfterMs = retryAfterSeconds * 1_000;
  switch (refusal) {
    case 'gateway_full':
      return new Fault('unavailable', refusal, 'This gateway has as many connections as it may', { retryAfterMs });
    case 'too_many_connections':
      return new Fault('rate_limited', refusal, 'Too many connections', { retryAfterMs });
    case 'too_many_unauthenticated':
      return new Fault('rate_limited', refusal, 'Too many connections that have not authenticated', { retryAfterMs });
  }
};

/** The counts that one connection occupies. */
export interface ConnectionSlot {
  /** Closes the connection to make room: set while its client has not sent anything that could authenticate it. */
  evict: (() => void) | null;
  /**
   * Counts the connection for its account, and no longer as unauthenticated. Not null: the account or this process has too many; it stays
   * unauthenticated.
   */
  authenticate(accountId: string): ConnectionRefusal | null;
  /** Call once, when the connection has closed. */
  release(): void;
}

class Tally {
  private readonly counts = new Map<string, number>();

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  add(key: string, change: 1 | -1): void {
    const count = this.of(key) + change;
    if (count > 0) this.counts.set(key, count);
    else this.counts.delete(key);
  }
}

/**
 * Counts the connections of this process. Unauthenticated connections share a small pool of their own, so that they never displace
 * authenticated ones: when the pool is full, the one that has been silent for longest is closed for the next.
 */
export class ConnectionLimits {
  private readonly byNetwork = new Tally();
  private readonly byAccount = new Tally();
  private readonly unauthenticatedByNetwork = new Tally();
  /** Oldest first. */
  private readonly pool = new Set<ConnectionSlot>();
  private authenticated = 0;

  constructor(private readonly options: ConnectionLimitsOptions) {}

  get unauthenticatedCount(): number {
    return this.pool.size;
  }

  /** A slot for a connection from this address, or the reason for a refusal. */
  admit(address: string): ConnectionSlot | ConnectionRefusal {
    const { connectionsMax, connectionsPerAddress, unauthenticatedMax, unauthenticatedPerAddress } = this.options;
    if (this.authenticated >= connectionsMax) return 'gateway_full';
    // A loopback peer is the operator's own, or a proxy that is not configured as trusted: then its address does not identify its clients.
    const network = isLoopback(address) ? null : clientNetwork(address);
    if (network !== null) {
      if (this.byNetwork.of(network) >= connectionsPerAddress) return 'too_many_connections';
      if (this.unauthenticatedByNetwork.of(network) >= unauthenticatedPerAddress) return 'too_many_unauthenticated';
    }
    if (this.pool.size >= unauthenticatedMax && !this.evictOldest()) return 'too_many_unauthenticated';
    return this.slotFor(network);
  }

  private evictOldest(): boolean {
    for (const slot of this.pool) {
      if (!slot.evict) continue;
      slot.evict();
      slot.release();
      return true;
    }
    return false;
  }

  private slotFor(network: string | null): ConnectionSlot {
    let account: string | null = null;
    let isReleased = false;
    const leavePool = (): void => {
      if (this.pool.delete(slot) && network !== null) this.unauthenticatedByNetwork.add(network, -1);
    };
    const slot: ConnectionSlot = {
      evict: null,
      authenticate: (accountId) => {
        if (isReleased || account !== null) return null;
        if (this.authenticated >= this.options.connectionsMax) return 'gateway_full';
        if (this.byAccount.of(accountId) >= this.options.connectionsPerAccount) return 'too_many_connections';
        leavePool();
        account = accountId;
        this.authenticated += 1;
        this.byAccount.add(accountId, 1);
        return null;
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        leavePool();
        if (network !== null) this.byNetwork.add(network, -1);
        if (account === null) return;
        this.authenticated -= 1;
        this.byAccount.add(account, -1);
      },
    };
    this.pool.add(slot);
    if (network !== null) {
      this.byNetwork.add(network, 1);
      this.unauthenticatedByNetwork.add(network, 1);
    }
    return slot;
  }
}
