import type { AccountId, Channel, ChannelId, ChannelKind, Member, MemberRole } from '@parley/contracts';

/** A channel by the name that clients use for it. `kinds`: a channel of another kind is not found. */
export type NamedChannel =
  { readonly slug: string } | { readonly number: number; readonly kinds: readonly ChannelKind[] };

/** A channel by its id or by the name that clients use for it. */
export type ChannelAddress = { readonly channelId: ChannelId } | NamedChannel;

/** What a client can do with channels and their members. */
export type ChannelCommand =
  | {
      readonly type: 'channel.create';
      readonly kind: 'room' | 'group' | 'topic';
      readonly title: string;
      readonly slug?: string | undefined;
      readonly metadata?: Channel['metadata'] | undefined;
      /** The metadata as JSON as it was written, where its numbers are to be given back so. */
      readonly metadataText?: string | undefined;
      readonly members?: readonly MemberReference[] | undefined;
      /** false: its creator does not become a member. */
      readonly asMember?: boolean;
    }
  | { readonly type: 'channel.rename'; readonly channelId: ChannelId; readonly title: string }
  | { readonly type: 'channel.close'; readonly channelId: ChannelId }
  /** The direct channel with an account, created on first use. */
  | { readonly type: 'channel.openDirect'; readonly with: AccountId }
  | { readonly type: 'member.join'; readonly channel: ChannelAddress }
  | { readonly type: 'member.leave'; readonly channel: ChannelAddress }
  /** Adds a member, or changes its role. */
  | {
      readonly type: 'member.put';
      readonly channelId: ChannelId;
      readonly accountId: AccountId;
      readonly role: MemberRole | undefined;
    }
  | { readonly type: 'member.remove'; readonly channelId: ChannelId; readonly accountId: AccountId }
  /** Marks a channel as read up to its head. */
  | { readonly type: 'receipt.recordAll'; readonly channel: ChannelAddress };

/** An account that is to be a member of a new channel. By number, a missing one is refused with its number. */
export type MemberReference = { readonly id: AccountId } | { readonly number: number };

export type ChannelResult =
  | {
      readonly type: 'channel.create' | 'channel.rename' | 'channel.close' | 'channel.openDirect';
      readonly channel: Channel;
    }
  | { readonly type: 'member.join' | 'member.put'; readonly member: Member }
  | { readonly type: 'member.leave' | 'member.remove' }
  /** `unread`: how many messages were not read before. */
  | { readonly type: 'receipt.recordAll'; readonly unread: number };
