import { Fault, type AccountId, type MemberRole } from '@parley/contracts';
import { assertKnown, assertMayManage, assertOwns, closed, type Seen } from './channel.js';

/** The account that a change is about, and its role; `heir` and `hasOtherOwner` are set when it is an owner. */
export interface Target {
  readonly accountId: AccountId;
  readonly role: MemberRole | null;
  readonly banned: boolean;
  readonly hasOtherOwner: boolean;
  /** The member, other than the target, that joined first. */
  readonly heir: AccountId | null;
}

/** The input of a decision, read under the channel's lock: the channel as its actor sees it, and the account that the change is about. */
export interface Situation {
  readonly seen: Seen;
  readonly target: Target;
}

/** One step of the membership version. Adding also lifts a ban; removing may set one, even for an account that is no member. */
export type Change =
  | { readonly do: 'add'; readonly accountId: AccountId; readonly role: MemberRole }
  | { readonly do: 'change'; readonly accountId: AccountId; readonly role: MemberRole }
  | { readonly do: 'remove'; readonly accountId: AccountId; readonly bar: boolean };

/** A rule: returns the necessary changes, none when the state is as requested, or throws a Fault. It may run again, so it is pure. */
export type Decide = (situation: Situation) => readonly Change[];

const nothing: readonly Change[] = [];

export const join =
  (membersMax: number): Decide =>
  ({ seen, target }) => {
    assertKnown(seen);
    if (target.role !== null) return nothing;
    if (seen.channel.kind === 'group') {
      throw new Fault('forbidden', 'invitation_needed', 'A member of this group has to add you');
    }
    if (target.banned) throw new Fault('forbidden', 'barred', 'You were removed from this channel');
    return adding(seen, target, 'member', membersMax);
  };

export const add =
  (role: 'admin' | 'member', membersMax: number): Decide =>
  ({ seen, target }) => {
    assertKnown(seen);
    assertMayManage(seen);
    if (target.role !== null) return nothing;
    if (role === 'admin') assertOwns(seen);
    return adding(seen, target, role, membersMax);
  };

const adding = (seen: Seen, { accountId }: Target, role: MemberRole, membersMax: number): readonly Change[] => {
  if (seen.channel.closedAt !== null) throw closed();
  if (seen.memberCount >= membersMax) {
    throw new Fault('exhausted', 'channel_full', `A channel holds at most ${membersMax} members`);
  }
  return [{ do: 'add', accountId, role }];
};

export const leave: Decide = ({ seen, target }) => {
  assertKnown(seen);
  if (seen.channel.kind === 'direct') {
    throw new Fault('forbidden', 'direct_stays', 'A direct channel belongs to its two members');
  }
  return goAway(target);
};

/** The account was deleted: unlike leaving, this also ends its direct channels. */
export const forget: Decide = ({ target }) => goAway(target);

const goAway = ({ accountId, role, hasOtherOwner, heir }: Target): readonly Change[] => {
  if (role === null) return nothing;
  const gone: Change = { do: 'remove', accountId, bar: false };
  const needsHeir = role === 'owner' && !hasOtherOwner && heir !== null;
  return needsHeir ? [gone, { do: 'change', accountId: heir, role: 'owner' }] : [gone];
};

export const remove: Decide = ({ seen, target }) => {
  assertKnown(seen);
  assertMayManage(seen);
  if (target.role === 'owner') throw new Fault('forbidden', 'owner_stays', 'An owner cannot be removed');
  const gone: Change = { do: 'remove', accountId: target.accountId, bar: seen.channel.kind === 'room' };
  if (target.role !== null) return [gone];
  // A room is also open to accounts that are not members, so removing one from it means a ban.
  return gone.bar && !target.banned ? [gone] : nothing;
};

export const setRole =
  (role: MemberRole): Decide =>
  ({ seen, target }) => {
    assertKnown(seen);
    assertOwns(seen);
    if (target.role === null) throw memberNotFound();
    if (target.role === role) return nothing;
    if (target.role === 'owner' && !target.hasOtherOwner) {
      throw new Fault('conflict', 'last_owner', 'A channel needs an owner');
    }
    return [{ do: 'change', accountId: target.accountId, role }];
  };

const memberNotFound = (): Fault =>
  new Fault('not_found', 'member_not_found', 'This account is not a member of the channel');
