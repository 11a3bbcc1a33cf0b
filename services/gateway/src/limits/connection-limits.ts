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

/** The connections of this process. */
class Counts {
  readonly byNetwork = new Tally();
  readonly byAccount = new Tally();
  readonly unauthenticatedByNetwork = new Tally();
  /** Those that have not authenticated, oldest first. */
  readonly pool = new Set<ConnectionSlot>();
  authenticated = 0;

  constructor(readonly options: ConnectionLimitsOptions) {}
}

/**
 * Counts the connections of this process. Unauthenticated connections share a small pool of their own, so that they never displace
 * authenticated ones: when the pool is full, the one that has been silent for longest is closed for the next.
 */
export class ConnectionLimits {
  private readonly counts: Counts;

  constructor(options: ConnectionLimitsOptions) {
    this.counts = new Counts(options);
  }

  get unauthenticatedCount(): number {
    return this.counts.pool.size;
  }

  /** A slot for a connection from this address, or the reason for a refusal. */
  admit(address: string): ConnectionSlot | ConnectionRefusal {
    const { connectionsMax, connectionsPerAddress, unauthenticatedMax, unauthenticatedPerAddress } =
      this.counts.options;
    if (this.counts.authenticated >= connectionsMax) return 'gateway_full';
    // A loopback peer is the operator's own, or a proxy that is not configured as trusted: then its address does not identify its clients.
    const network = isLoopback(address) ? null : clientNetwork(address);
    if (network !== null) {
      if (this.counts.byNetwork.of(network) >= connectionsPerAddress) return 'too_many_connections';
      if (this.counts.unauthenticatedByNetwork.of(network) >= unauthenticatedPerAddress)
        return 'too_many_unauthenticated';
    }
    if (this.counts.pool.size >= unauthenticatedMax && !this.evictOldest()) return 'too_many_unauthenticated';
    return this.slotFor(network);
  }

  private evictOldest(): boolean {
    for (const slot of this.counts.pool) {
      if (!slot.evict) continue;
      slot.evict();
      slot.release();
      return true;
    }
    return false;
  }

  private slotFor(network: string | null): ConnectionSlot {
    const slot = new Slot(this.counts, network);
    this.counts.pool.add(slot);
    if (network !== null) {
      this.counts.byNetwork.add(network, 1);
      this.counts.unauthenticatedByNetwork.add(network, 1);
    }
    return slot;
  }
}

/** An object with methods instead of closures: every connection has one. */
class Slot implements ConnectionSlot {
  evict: (() => void) | null = null;
  private accountId: string | null = null;
  private isReleased = false;

  constructor(
    private readonly counts: Counts,
    private readonly network: string | null,
  ) {}

  authenticate(accountId: string): ConnectionRefusal | null {
    const { counts } = this;
    if (this.isReleased || this.accountId !== null) return null;
    if (counts.authenticated >= counts.options.connectionsMax) return 'gateway_full';
    if (counts.byAccount.of(accountId) >= counts.options.connectionsPerAccount) return 'too_many_connections';
    this.leavePool();
    this.accountId = accountId;
    counts.authenticated += 1;
    counts.byAccount.add(accountId, 1);
    return null;
  }

  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.leavePool();
    if (this.network !== null) this.counts.byNetwork.add(this.network, -1);
    if (this.accountId === null) return;
    this.counts.authenticated -= 1;
    this.counts.byAccount.add(this.accountId, -1);
  }

  private leavePool(): void {
    if (this.counts.pool.delete(this) && this.network !== null) {
      this.counts.unauthenticatedByNetwork.add(this.network, -1);
    }
  }
}
