import type { AccountId, ChannelId, DeliveryState, InboxEntry, Realm } from '@parley/contracts';

export interface Bounds {
  readonly countMax: number;
  readonly bytesMax: number;
  /** Older messages are not delivered. */
  readonly since: string;
  /** Instead of `since`: the maximum age, by the store's clock. */
  readonly keptMs?: number | undefined;
}

/** An account's inbox was written to a connection up to `sequence`. */
export interface Delivery {
  readonly accountId: AccountId;
  readonly sequence: number;
  /** Of the delivered messages, those whose sender requires an acknowledgement. */
  readonly ackRequired: readonly number[];
}

export interface Owner {
  readonly realm: Realm;
  readonly accountId: AccountId;
}

/** A range of an inbox: after `after`, up to and including `upTo`. Messages beyond `upTo` have not been delivered yet. */
export interface DeliveredRange {
  readonly after: number;
  readonly upTo: number;
  readonly since: string;
  readonly keptMs?: number | undefined;
}

/** Messages that an account has received, by the senders' references. */
export interface Acknowledgement extends Owner {
  readonly references: readonly string[];
}

/** How far each account's inbox was delivered. */
export interface Deliveries {
  /** Where delivery continues within the bounds; older messages are skipped for good. */
  resume(owner: Owner, bounds: Bounds): Promise<{ after: number; head: number; acknowledges: boolean }>;
  /** Sequences that were delivered and wait for an acknowledgement, oldest first. */
  unacknowledged(owner: Owner, within: DeliveredRange & { readonly limit: number }): Promise<number[]>;
  /** Never moves back. */
  advance(realm: Realm, deliveries: readonly Delivery[]): Promise<void>;
  /** Commits a group as a whole or not at all; resolves with the number of messages of each, in order. Safe to repeat. */
  acknowledge(group: readonly Acknowledgement[]): Promise<number[]>;
  /** The sequence in each channel of the last of these messages in the account's inbox. */
  sequencesOf(acknowledgement: Acknowledgement): Promise<{ channelId: ChannelId; sequence: number }[]>;
  /** States of the messages with this reference that the owner sent or received, newest first. */
  states(owner: Owner, reference: string): Promise<{ accountId: AccountId; state: DeliveryState; sentAt: string }[]>;
  /** The owner's messages that another account has not received yet; for the owner's own inbox, all undelivered messages. */
  undelivered(owner: Owner, of: AccountId, limit: number): Promise<Pick<InboxEntry, 'sequence'>[]>;
}
