import {
  Fault,
  notFound,
  type AccountId,
  type Channel,
  type ChannelKind,
  type MemberRole,
  type Scope,
} from '@parley/contracts';

/** The two accounts of a direct channel in the order of their ids; equal for a note to oneself. */
export type Pair = readonly [low: AccountId, high: AccountId];

/** A channel with the viewer's role in it. `pair` is set for direct channels only. */
export interface Seen {
  readonly channel: Channel;
  readonly pair: Pair | null;
  readonly memberCount: number;
  readonly role: MemberRole | null;
  readonly banned: boolean;
  /** The viewer is Parley itself: it may read everything in the realm and is a member of nothing. */
  readonly bySystem: boolean;
}

/** Kinds that every account of the realm may find; the others are visible to their members only. */
export const isOpen = (kind: ChannelKind): boolean => kind === 'room' || kind === 'topic';

export const pairOf = (one: AccountId, other: AccountId): Pair => (one < other ? [one, other] : [other, one]);

/** How an earlier release compared titles; lookups use it too, to find rows of that release. */
export const foldTitleBefore = (title: string): string => title.normalize('NFC').toUpperCase().toLowerCase();

/** Whether a direct channel still has all its members: when an account is deleted, its partner remains alone. */
export const isWhole = ({ pair, memberCount }: Seen): boolean => memberCount === new Set(pair).size;

/** The scopes on which this channel's messages are published: each subscriber receives them on exactly one. */
export const audienceOf = ({ channel, pair }: Seen): Scope[] => {
  if (pair === null) return [{ kind: 'channel', id: channel.id }];
  return [...new Set(pair)].map((id) => ({ kind: 'account', id }));
};

/** The slug of a new channel. One derived from the title is dropped when it is taken; an explicit one is then a conflict. */
export interface SlugRequest {
  readonly slug: string | null;
  readonly givesWay: boolean;
}

const slugLengthMax = 100;

export const slugFor = (kind: ChannelKind, title: string, asked: string | undefined): SlugRequest => {
  if (!isOpen(kind)) {
    if (asked !== undefined) throw new Fault('invalid', 'slug_not_allowed', 'Only rooms and topics have a slug');
    return { slug: null, givesWay: true };
  }
  if (asked !== undefined) return { slug: asked, givesWay: false };
  return { slug: title !== '' && title.length <= slugLengthMax ? title : null, givesWay: true };
};

/** Whether the account may find the channel at all. */
export const isVisible = (seen: Seen): boolean => seen.bySystem || isOpen(seen.channel.kind) || seen.role !== null;

/** Asserts that the viewer may know of the channel, or throws `not_found`. A group's existence is no secret, a direct channel's is. */
export function assertKnown(seen: Seen | null): asserts seen is Seen {
  const known = seen !== null && (seen.channel.kind !== 'direct' || seen.role !== null || seen.bySystem);
  if (!known) throw notFound('channel');
}

/** A room may be read by every account of the realm that is not banned; every other channel by its members. */
export const assertMayRead = (seen: Seen): void => {
  if (seen.bySystem) return;
  if (seen.channel.kind === 'room') {
    if (seen.banned) throw new Fault('forbidden', 'barred', 'You were removed from this channel');
  } else if (seen.role === null) {
    throw new Fault('forbidden', 'not_member', 'You are not a member of this channel');
  }
};

export const assertMayWrite = (seen: Seen): void => {
  if (seen.bySystem) throw new Fault('forbidden', 'not_member', 'Only accounts can write');
  assertMayRead(seen);
  if (seen.channel.closedAt !== null) throw closed();
  // The history stays readable; nothing can be sent to a deleted account, however the channel is addressed.
  if (seen.pair !== null && !isWhole(seen)) throw notFound('account');
};

export const assertMayManage = (seen: Seen): void => {
  if (seen.role === 'owner' || seen.role === 'admin') return;
  throw new Fault('forbidden', 'not_manager', 'Only owners and admins may do that');
};

export const assertOwns = (seen: Seen): void => {
  if (seen.role !== 'owner') throw new Fault('forbidden', 'not_owner', 'Only owners may do that');
};

export const closed = (): Fault => new Fault('forbidden', 'closed', 'This channel is closed');
