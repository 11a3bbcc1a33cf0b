import { z } from 'zod';
import { contract } from './contract.js';
import { AccountId, ChannelId, ShortNumber, Timestamp } from './ids.js';
import { Channel, ChannelKind, Member, MemberRole, Slug, Title } from './model.js';
import { NewSlug, NewTitle, nameText } from './names.js';
import { Scope } from './subjects.js';
import { Metadata } from './text.js';

/** A way to point at one channel of the caller's realm. By title (any case) the oldest that matches wins. */
export const ChannelReference = z.union([
  z.object({ id: ChannelId }),
  z.object({ number: ShortNumber }),
  z.object({ slug: Slug }),
  z.object({ title: Title, kind: ChannelKind }),
]);
export type ChannelReference = z.infer<typeof ChannelReference>;

/** Where a caller wants to speak or listen: a channel, or the direct channel with an account (made on first use). */
export const Target = z.union([z.object({ channelId: ChannelId }), z.object({ directWith: AccountId })]);
export type Target = z.infer<typeof Target>;

/** About how many bytes of JSON a page of channels has at most: its reader does other things between two pages. */
export const channelPageBytes = 128 * 1024;

const nothing = z.object({});
const one = z.object({ channelId: ChannelId });

const JoinPlace = z.object({ accountId: AccountId, channelId: ChannelId });

/** The answer to "may this account do that here?". `roads` are the scopes along which what it says is told. */
export const Authorization = z.object({
  channel: Channel,
  role: MemberRole.nullable(),
  roads: z.array(Scope),
});
export type Authorization = z.infer<typeof Authorization>;

/** Channels and who is in them. Owner: services/topics. */
export const topics = contract('topics', {
  channel: {
    /**
     * Makes a channel owned by the caller, who becomes its owner and member with `memberIds` beside it (unknown accounts:
     * `not_found` `account_not_found`). `conflict` `slug_taken` for a topic's slug. `asMember` false: whoever makes it does not
     * join it, and it has no owner until somebody does.
     */
    create: {
      input: z.object({
        kind: z.enum(['room', 'group', 'topic']),
        /** Empty only where an old wire allows it. */
        title: nameText(0, 255),
        slug: NewSlug.optional(),
        metadata: Metadata.default({}),
        memberIds: z.array(AccountId).max(500).default([]),
        asMember: z.boolean().default(true),
      }),
      output: Channel,
    },
    /** The channel that the reference names, if the caller may see it; else `not_found`. */
    get: { input: z.object({ reference: ChannelReference }), output: Channel, repeatable: true },
    /**
     * Channels of these kinds that the caller may see (`joined`: only those it is a member of), newest first.
     * `before` is the `number` of the last one seen; `next` is what to pass to go on, null at the end. A page ends early, with at least one,
     * when its metadata gets heavy (`channelPageBytes`).
     */
    list: {
      input: z.object({
        kinds: z.array(ChannelKind).min(1),
        joined: z.boolean().default(false),
        before: ShortNumber.optional(),
        limit: z.int().min(1).max(200).default(50),
      }),
      output: z.object({ channels: z.array(Channel), next: z.int().nullable() }),
      repeatable: true,
    },
    /** How many channels of these kinds have a slug, and the number of the newest channel among them (0: there is none). System callers. */
    countNamed: {
      input: z.object({ kinds: z.array(ChannelKind).min(1) }),
      output: z.object({ count: z.int().min(0), newest: z.int().min(0) }),
      repeatable: true,
    },
    /** Changes the title; owners and admins. `forbidden` `not_manager`. */
    rename: { input: one.extend({ title: NewTitle }), output: Channel, repeatable: true },
    /** Nobody can write or join any more; history stays readable by its members. Owners only. */
    close: { input: one, output: Channel, repeatable: true },
    /** The direct channel between the caller and an account of its realm, made when it is not there. `not_found` `account_not_found`. */
    openDirect: { input: z.object({ with: AccountId }), output: Channel, repeatable: true },
    /** The membership versions of up to 1,000 channels, for whoever holds answers of `authorize`; unknown ids are left out. System callers. */
    versions: {
      input: z.object({ ids: z.array(ChannelId).max(1000) }),
      output: z.array(z.object({ channelId: ChannelId, membershipVersion: z.int() })),
      repeatable: true,
    },
    /** How many members each of up to 1,000 channels has; unknown ids are left out. System callers. */
    memberCounts: {
      input: z.object({ ids: z.array(ChannelId).max(1000) }),
      output: z.array(z.object({ channelId: ChannelId, memberCount: z.int() })),
      repeatable: true,
    },
  },
  member: {
    /** Makes the caller a member of a room or topic; again changes nothing. `forbidden` `invitation_needed` for groups. */
    join: { input: one, output: Member, repeatable: true },
    /** Ends the caller's membership; again changes nothing. The last owner's leaving makes the oldest remaining member owner. */
    leave: { input: one, output: nothing, repeatable: true },
    /** Makes another account a member; owners and admins, but only owners make admins (`forbidden` `not_owner`). Already a member: unchanged. */
    add: {
      input: one.extend({ accountId: AccountId, role: z.enum(['admin', 'member']).default('member') }),
      output: Member,
      repeatable: true,
    },
    /** Ends another's membership; owners and admins, and nobody removes an owner. From a room it also bars the account until added again. */
    remove: { input: one.extend({ accountId: AccountId }), output: nothing, repeatable: true },
    /** Changes a member's role; owners only. `conflict` `last_owner` when nobody would own the channel. */
    setRole: { input: one.extend({ accountId: AccountId, role: MemberRole }), output: Member, repeatable: true },
    /** Members by account id after `after`; for whoever may read the channel. `next` null at the end. */
    list: {
      input: one.extend({ after: AccountId.optional(), limit: z.int().min(1).max(500).default(100) }),
      output: z.object({ members: z.array(Member), next: AccountId.nullable() }),
      repeatable: true,
    },
    /**
     * Whether the caller may read, write or manage. `not_found` when it may not even know of the channel,
     * `forbidden` `not_member` | `barred` | `closed` otherwise. For `directWith` the channel is made on first use.
     */
    authorize: {
      input: z.object({ target: Target, to: z.enum(['read', 'write', 'manage']) }),
      output: Authorization,
      repeatable: true,
    },
    /** Of up to 500 accounts, those that may read the channel now, with its membership version. System callers. */
    admitted: {
      input: one.extend({ accountIds: z.array(AccountId).max(500) }),
      output: z.object({ membershipVersion: z.int(), accountIds: z.array(AccountId) }),
      repeatable: true,
    },
    /**
     * Memberships of up to 500 accounts that began within the last `withinMs` and still are, direct channels left out: for whoever
     * may have missed the news. By account and channel after `after`; `next` null at the end. System callers.
     */
    joins: {
      input: z.object({
        accountIds: z.array(AccountId).max(500),
        withinMs: z.int().min(1),
        after: JoinPlace.optional(),
        limit: z.int().min(1).max(1000).default(1000),
      }),
      output: z.object({
        joins: z.array(JoinPlace.extend({ kind: ChannelKind, joinedAt: Timestamp })),
        next: JoinPlace.nullable(),
      }),
      repeatable: true,
    },
  },
});
export type Topics = typeof topics;
