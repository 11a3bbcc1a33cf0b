import type { HeldAccount } from '@parley/bus';
import type { AccountId, Channel, ChannelId, Member } from '@parley/contracts';
import type { Decide } from '../domain/membership.js';
import type { Viewer } from './channels.js';

/** An applied change, with the membership version that it made. */
export type Changed =
  | { readonly what: 'added' | 'changed'; readonly version: number; readonly member: Member }
  | { readonly what: 'removed'; readonly version: number; readonly accountId: AccountId };

export interface Outcome {
  readonly channel: Channel;
  /** The target's membership afterwards. */
  readonly member: Member | null;
  readonly changes: readonly Changed[];
}

export interface Join {
  readonly accountId: AccountId;
  readonly channelId: ChannelId;
  readonly kind: Channel['kind'];
  readonly joinedAt: string;
}

/** Of some accounts, those that may read a channel, and the version of its memberships at that time. */
export interface Readers {
  readonly membershipVersion: number;
  readonly accountIds: AccountId[];
}

export interface JoinsWithin {
  readonly withinMs: number;
  readonly after: Pick<Join, 'accountId' | 'channelId'> | undefined;
  readonly limit: number;
}

export interface Members {
  /** Locks the channel, applies the changes that `decide` returns, and raises the membership version by one for each. */
  change(actor: Viewer, channelId: ChannelId, targetId: AccountId, decide: Decide): Promise<Outcome>;
  find(realm: string, channelId: ChannelId, accountId: AccountId): Promise<Member | null>;
  /** Ordered by account id, after `after`. */
  list(realm: string, channelId: ChannelId, after: AccountId | undefined, limit: number): Promise<Member[]>;
  /** Those of the accounts that may read the channel, in one snapshot; null when there is no such channel. */
  filterReaders(realm: string, channelId: ChannelId, accountIds: readonly AccountId[]): Promise<Readers | null>;
  /** Recent joins of these accounts that still hold, without direct channels, ordered by account and channel. */
  recentJoins(realm: string, accountIds: readonly AccountId[], within: JoinsWithin): Promise<Join[]>;
  /** Accounts that are a member of any channel, ordered by id, after `after`. */
  held(after: AccountId | undefined, limit: number): Promise<HeldAccount[]>;
  /** Up to `limit` of the channels that an account is a member of. */
  channelsOf(realm: string, accountId: AccountId, limit: number): Promise<ChannelId[]>;
}
