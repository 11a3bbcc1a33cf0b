import type { AccountId, Lease, Network } from '@parley/contracts';
import type { PeersGone } from './peers.js';

export interface Holder {
  readonly accountId: AccountId;
  readonly number: number;
}

export interface Leases {
  /** The one it has, else the lowest free address. `exhausted` `subnet_full` or `too_many_addresses`; `forbidden` `not_member`. */
  allocate(network: Network, holder: Holder): Promise<Lease>;
  /** By address after `after`. */
  list(network: Network, after: string | undefined, limit: number): Promise<Lease[]>;
  /** Who holds an address; null: nobody. */
  holderOf(network: Network, address: string): Promise<AccountId | null>;
  /** Frees the account's address and ends its peers there. null: it had none. */
  release(network: Network, accountId: AccountId): Promise<{ address: string; gone: PeersGone } | null>;
  /** Frees all addresses of an account, and ends its peers. */
  releaseAll(realm: string, accountId: AccountId): Promise<PeersGone>;
}
