import type { Account, Context, Handlers, Signaling } from '@parley/contracts';
import type { Announce } from './announce.js';
import type { OrganizationImports } from './store/imports.js';
import type { Leases } from './store/leases.js';
import type { Organizations } from './store/organizations.js';
import type { Peers } from './store/peers.js';

/** Dependencies of the use cases; each takes the part that it needs. */
export interface Deps {
  readonly organizations: Organizations;
  readonly leases: Leases;
  readonly peers: Peers;
  readonly imports: OrganizationImports;
  readonly announce: Announce;
  /** The caller's own account, as auth knows it. */
  readonly me: (context: Context) => Promise<Account>;
}

type Calls = Handlers<Signaling>;
export type OrganizationCall<Verb extends keyof Calls['organization']> = Calls['organization'][Verb];
export type LeaseCall<Verb extends keyof Calls['lease']> = Calls['lease'][Verb];
export type PeerCall<Verb extends keyof Calls['peer']> = Calls['peer'][Verb];
