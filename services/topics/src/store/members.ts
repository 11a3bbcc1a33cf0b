import type { HeldAccount } from '@parley/bus';
import type { AccountId, Channel, ChannelId, Member } from '@parley/contracts';
import type { Decide } from '../domain/membership.js';
import type { Viewer } from './channels.js';

/** What became of one change, with the membership version that it made. */
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

export interface JoinsWithin {
  readonly withinMs: number;
  readonly after: Pick<Join, 'accountId' | 'channelId'> | undefined;
  readonly limit: number;
}

export interface Members {
  /** Locks the channel, lets `decide` look, makes the changes and moves the membership version by one for each. */
  change(actor: Viewer, channelId: ChannelId, targetId: AccountId, decide: Decide): Promise<Outcome>;
  find(realm: string, channelId: ChannelId, accountId: AccountId): Promise<Member | null>;
  /** By account id, after `after`. */
  list(realm: string, channelId: ChannelId, after: AccountId | undefined, limit: number): Promise<Member[]>;
  /** Of these accounts those that may read the channel, and its membership version, of one moment; null when it is not there. */
  admitted(
    realm: string,
    channelId: ChannelId,
    accountIds: readonly AccountId[],
  ): Promise<{ membershipVersion: number; accountIds: AccountId[] } | null>;
  /** What these accounts joined lately and are still in, without direct channels, by account and channel. */
  joins(realm: string, accountIds: readonly AccountId[], within: JoinsWithin): Promise<Join[]>;
  /** Accounts that are members of something, by id, after `after`. */
  held(after: AccountId | undefined, limit: number): Promise<HeldAccount[]>;
  /** Some of the channels that an account is a member of. */
  channelsOf(realm: string, accountId: AccountId, limit: number): Promise<ChannelId[]>;
}
