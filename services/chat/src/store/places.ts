import type { AccountId, DeliveryState, InboxEntry, Realm } from '@parley/contracts';

export interface Bounds {
  readonly countMax: number;
  readonly bytesMax: number;
  /** Older ones are not kept. */
  readonly since: string;
  /** Instead of `since`: their age by the store's clock. */
  readonly keptMs?: number | undefined;
}

export interface Place {
  readonly accountId: AccountId;
  readonly sequence: number;
  /** Of what was written, those whose sender wants an acknowledgement. */
  readonly awaiting: readonly number[];
}

export interface Owner {
  readonly realm: Realm;
  readonly accountId: AccountId;
}

/** Of an inbox: what lies after `after` and not beyond `upTo`, behind which it is still to be written. */
export interface Stretch {
  readonly after: number;
  readonly upTo: number;
  readonly since: string;
  readonly keptMs?: number | undefined;
}

/** What an account says that it has, under the references of the senders. */
export interface Acknowledgement extends Owner {
  readonly references: readonly string[];
}

/** How far each account's inbox was handed to it. */
export interface Places {
  /** Where it goes on within the bounds; what is older is skipped for good. */
  resume(owner: Owner, bounds: Bounds): Promise<{ after: number; head: number; acknowledges: boolean }>;
  /** Sequences that were written and await an acknowledgement, oldest first. */
  awaiting(owner: Owner, within: Stretch & { readonly limit: number }): Promise<number[]>;
  /** Forward only. */
  advance(realm: Realm, places: readonly Place[]): Promise<void>;
  /** As a whole or not at all; how many messages to its owner each was about, in their order. It may be repeated. */
  acknowledge(group: readonly Acknowledgement[]): Promise<number[]>;
  /** Of messages under this reference that the owner sent or received, newest first. */
  states(owner: Owner, reference: string): Promise<{ accountId: AccountId; state: DeliveryState; sentAt: string }[]>;
  /** What another account's inbox still holds of the owner's messages; or all of it, where it is the owner's. */
  undelivered(owner: Owner, of: AccountId, limit: number): Promise<Pick<InboxEntry, 'sequence'>[]>;
}
