import type { AccountId, DeliveryState, InboxEntry, Realm } from '@parley/contracts';

export interface Bounds {
  readonly countMax: number;
  readonly bytesMax: number;
  /** Older ones are not kept. */
  readonly since: string;
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

/** How far each account's inbox was handed to it. */
export interface Places {
  /** Where it goes on within the bounds; what is older is skipped for good. */
  resume(owner: Owner, bounds: Bounds): Promise<{ after: number; head: number; acknowledges: boolean }>;
  /** Sequences up to `after` that were written and await an acknowledgement, oldest first; what comes behind is still to be written. */
  awaiting(
    owner: Owner,
    within: { readonly after: number; readonly since: string; readonly limit: number },
  ): Promise<number[]>;
  /** Forward only. */
  advance(realm: Realm, places: readonly Place[]): Promise<void>;
  /** How many messages to the owner, under these references of their senders, that was. */
  acknowledge(owner: Owner, references: readonly string[]): Promise<number>;
  skip(owner: Owner): Promise<void>;
  /** Of messages under this reference that the owner sent or received, newest first. */
  states(owner: Owner, reference: string): Promise<{ accountId: AccountId; state: DeliveryState; sentAt: string }[]>;
  /** What another account's inbox still holds of the owner's messages; or all of it, where it is the owner's. */
  undelivered(owner: Owner, of: AccountId, limit: number): Promise<Pick<InboxEntry, 'sequence'>[]>;
}
