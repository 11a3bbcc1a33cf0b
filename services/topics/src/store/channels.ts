import type {
  AccountId,
  Channel,
  ChannelId,
  ChannelKind,
  ChannelReference,
  Deadline,
  Member,
  MemberRole,
} from '@parley/contracts';
import type { Pair, Seen, SlugRequest } from '../domain/channel.js';

/** The caller of a read: an account of the realm, or Parley itself (null). */
export interface Viewer {
  readonly realm: string;
  readonly accountId: AccountId | null;
}

export interface ChannelDraft {
  readonly realm: string;
  readonly kind: 'room' | 'group' | 'topic';
  readonly title: string;
  readonly slug: SlugRequest;
  readonly metadata: Channel['metadata'];
  readonly metadataText: string | null;
  readonly createdBy: AccountId | null;
  /** Chosen by the creator; the same one again names the channel that is there. */
  readonly creationKey: string | null;
  readonly members: readonly { readonly accountId: AccountId; readonly role: MemberRole }[];
}

export interface DirectDraft {
  readonly realm: string;
  readonly pair: Pair;
  readonly createdBy: AccountId;
}

/** A channel, and of a new one its first members in the order in which they joined. */
export interface Created {
  readonly channel: Channel;
  readonly members: readonly Member[];
}

/** Throws when an account that made so many channels may not make another. */
export type MayCreate = (createdSoFar: number) => void;

export interface ListQuery {
  readonly kinds: readonly ChannelKind[];
  readonly joined: boolean;
  readonly before: number | undefined;
  readonly limit: number;
  /** A page ends before the channel that would exceed this; it has at least one. */
  readonly bytesMax: number;
}

export interface ChannelPatch {
  readonly title?: string;
  readonly closed?: true;
}

export interface Channels {
  /** Makes a channel with its members, or finds it by its creation key. Rejects with `slug_taken` when an explicit slug is taken. */
  create(draft: ChannelDraft, mayCreate: MayCreate): Promise<Created>;
  /**
   * The direct channel of a pair, made when there is none; of concurrent requests exactly one gets `members`. `deadline`: that of the call,
   * where no async context has it (`Operation.frequent`); by default that of the context.
   */
  openDirect(draft: DirectDraft, mayCreate: MayCreate, deadline?: Deadline): Promise<Created>;
  /** One query. By title, only among the channels that the viewer may find. `deadline`: as above, of a reference by id. */
  find(viewer: Viewer, reference: ChannelReference, deadline?: Deadline): Promise<Seen | null>;
  findDirect(viewer: Viewer, pair: Pair, deadline?: Deadline): Promise<Seen | null>;
  /** Channels that the viewer may find, newest first. */
  list(viewer: Viewer, query: ListQuery): Promise<{ channels: Channel[]; more: boolean }>;
  /** Those direct channels that the account is a member of, each with its other member. */
  directs(account: Viewer, ids: readonly ChannelId[]): Promise<{ channel: Channel; partnerId: AccountId }[]>;
  countNamed(realm: string, kinds: readonly ChannelKind[]): Promise<{ count: number; newest: number }>;
  /** Applies the patch that `decide` returns, under the channel's lock; null leaves the channel unchanged. */
  change(
    viewer: Viewer,
    channelId: ChannelId,
    decide: (seen: Seen | null) => ChannelPatch | null,
  ): Promise<{ channel: Channel; changed: boolean }>;
  versions(realm: string, ids: readonly ChannelId[]): Promise<{ channelId: ChannelId; membershipVersion: number }[]>;
  memberCounts(realm: string, ids: readonly ChannelId[]): Promise<{ channelId: ChannelId; memberCount: number }[]>;
}
