import type { AccountId, Lease, Network } from '@parley/contracts';
import type { PeersGone } from './peers.js';

export interface Holder {
  readonly accountId: AccountId;
  readonly number: number;
}

export interface Leases {
  /** The account's address, or else the lowest free one. `exhausted` `subnet_full` or `too_many_addresses`; `forbidden` `not_member`. */
  allocate(network: Network, holder: Holder): Promise<Lease>;
  /** Ordered by address, after `after`. */
  list(network: Network, after: string | undefined, limit: number): Promise<Lease[]>;
  /** The account that holds an address; null: it is free. */
  holderOf(network: Network, address: string): Promise<AccountId | null>;
  /** Frees the account's address and ends its peers there. null: it had none. */
  release(network: Network, accountId: AccountId): Promise<{ address: string; gone: PeersGone } | null>;
  /** Frees all addresses of an account, and ends its peers. */
  releaseAll(realm: string, accountId: AccountId): Promise<PeersGone>;
}
