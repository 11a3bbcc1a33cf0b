import { z } from 'zod';
import { contract } from './contract.js';
import { AccountId, ChannelId, ShortNumber, Timestamp } from './ids.js';
import { topicsImport } from './imports.js';
import { Channel, ChannelKind, CreationKey, Member, MemberRole, Slug, Title } from './model.js';
import { NewSlug, NewTitle, nameText } from './names.js';
import { Scope } from './subjects.js';
import { Metadata, MetadataText } from './text.js';

/** One way to name a channel of the caller's realm. By title (case-insensitive) the oldest match wins. */
export const ChannelReference = z.union([
  z.object({ id: ChannelId }),
  z.object({ number: ShortNumber }),
  z.object({ slug: Slug }),
  z.object({ title: Title, kind: ChannelKind }),
]);
export type ChannelReference = z.infer<typeof ChannelReference>;

/** The target of a message or subscription: a channel, or the direct channel with an account (created on first use). */
export const Target = z.union([z.object({ channelId: ChannelId }), z.object({ directWith: AccountId })]);
export type Target = z.infer<typeof Target>;

/** Approximate maximum of JSON bytes in a page of channels: its reader must not block the event loop for long. */
export const channelPageBytes = 128 * 1024;

const nothing = z.object({});
const one = z.object({ channelId: ChannelId });

const MembershipKey = z.object({ accountId: AccountId, channelId: ChannelId });

/** Result of an authorization. `audience`: the scopes on which events of the channel are published. */
export const Authorization = z.object({
  channel: Channel,
  role: MemberRole.nullable(),
  audience: z.array(Scope),
});
export type Authorization = z.infer<typeof Authorization>;

/** Channels and their members. Owner: services/topics. */
export const topics = contract('topics', {
  import: topicsImport,
  channel: {
    /**
     * Creates a channel with the caller as owner and member, and `memberIds` as further members (unknown accounts: `not_found`
     * `account_not_found`). `conflict` `slug_taken` for a topic's slug. `asMember` false: the caller does not join it, and it has no owner
     * until an account joins. With a `creationKey` that this account used before, it returns the channel made then.
     */
    create: {
      input: z.object({
        kind: z.enum(['room', 'group', 'topic']),
        /** Empty only where an old protocol allows it. */
        title: nameText(0, 255),
        slug: NewSlug.optional(),
        metadata: Metadata.default({}),
        /** The JSON text of `metadata`. */
        metadataText: MetadataText.optional(),
        memberIds: z.array(AccountId).max(500).default([]),
        asMember: z.boolean().default(true),
        /** Left out by gateways of the previous release only: calls are repeated when their answer is lost. */
        creationKey: CreationKey.optional(),
      }),
      output: Channel,
      repeatable: true,
    },
    /** The channel that the reference names, if the caller may see it; else `not_found`. */
    get: { input: z.object({ reference: ChannelReference }), output: Channel, repeatable: true },
    /**
     * Channels of these kinds that the caller may see (`joined`: only those it is a member of), newest first. `before` is the `number` of
     * the last one seen; `next` is the `before` of the next page, null at the end. A page ends early, with at least one channel, when its
     * metadata exceeds `channelPageBytes`.
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
    /** How many channels of these kinds have a slug, and the number of the newest of them (0: none). System callers. */
    countNamed: {
      input: z.object({ kinds: z.array(ChannelKind).min(1) }),
      output: z.object({ count: z.int().min(0), newest: z.int().min(0) }),
      repeatable: true,
    },
    /** Changes the title; owners and admins. `forbidden` `not_manager`. */
    rename: { input: one.extend({ title: NewTitle }), output: Channel, repeatable: true },
    /** Closes a channel to writing and joining; history stays readable by its members. Owners only. */
    close: { input: one, output: Channel, repeatable: true },
    /**
     * The direct channel between the caller and an account of its realm, created when it does not exist. `not_found` `account_not_found`.
     */
    openDirect: { input: z.object({ with: AccountId }), output: Channel, repeatable: true },
    /** Those of up to 200 direct channels that the caller is a member of, each with its other member (the caller in a note to itself). */
    directs: {
      input: z.object({ ids: z.array(ChannelId).max(200) }),
      output: z.array(z.object({ channel: Channel, partnerId: AccountId })),
      repeatable: true,
    },
    /**
     * The membership versions of up to 1,000 channels, for callers that cache results of `authorize`; unknown ids are left out. System
     * callers.
     */
    versions: {
      input: z.object({ ids: z.array(ChannelId).max(1000) }),
      output: z.array(z.object({ channelId: ChannelId, membershipVersion: z.int() })),
      repeatable: true,
    },
    /** The numbers of members of up to 1,000 channels; unknown ids are left out. System callers. */
    memberCounts: {
      input: z.object({ ids: z.array(ChannelId).max(1000) }),
      output: z.array(z.object({ channelId: ChannelId, memberCount: z.int() })),
      repeatable: true,
    },
  },
  member: {
    /** Makes the caller a member of a room or topic; idempotent. `forbidden` `invitation_needed` for groups. */
    join: { input: one, output: Member, repeatable: true },
    /** Ends the caller's membership; idempotent. When the last owner leaves, the oldest remaining member becomes owner. */
    leave: { input: one, output: nothing, repeatable: true },
    /**
     * Makes another account a member; owners and admins, but only owners add admins (`forbidden` `not_owner`). An existing member stays
     * unchanged.
     */
    add: {
      input: one.extend({ accountId: AccountId, role: z.enum(['admin', 'member']).default('member') }),
      output: Member,
      repeatable: true,
    },
    /**
     * Ends another account's membership; owners and admins, but an owner cannot be removed. From a room it also bans the account until it
     * is added again.
     */
    remove: { input: one.extend({ accountId: AccountId }), output: nothing, repeatable: true },
    /** Changes a member's role; owners only. `conflict` `last_owner` when the channel would have no owner. */
    setRole: { input: one.extend({ accountId: AccountId, role: MemberRole }), output: Member, repeatable: true },
    /** Members by account id after `after`; for accounts that may read the channel. `next` is null at the end. */
    list: {
      input: one.extend({ after: AccountId.optional(), limit: z.int().min(1).max(500).default(100) }),
      output: z.object({ members: z.array(Member), next: AccountId.nullable() }),
      repeatable: true,
    },
    /**
     * Whether the caller may read, write or manage. `not_found` when it may not know that the channel exists, `forbidden` `not_member` |
     * `barred` | `closed` otherwise. For `directWith` the channel is created on first use.
     */
    authorize: {
      input: z.object({ target: Target, to: z.enum(['read', 'write', 'manage']) }),
      output: Authorization,
      repeatable: true,
      exact: true,
      frequent: true,
      former: { output: { audience: 'roads' } },
    },
    /** The accounts among up to 500 that may read the channel now, with its membership version. System callers. */
    filterReaders: {
      input: one.extend({ accountIds: z.array(AccountId).max(500) }),
      output: z.object({ membershipVersion: z.int(), accountIds: z.array(AccountId) }),
      repeatable: true,
      exact: true,
      former: { name: 'member.admitted' },
    },
    /**
     * Current memberships of up to 500 accounts that began within the last `withinMs`, direct channels left out: for callers that may have
     * missed events. By account and channel after `after`; `next` is null at the end. System callers.
     */
    recentJoins: {
      input: z.object({
        accountIds: z.array(AccountId).max(500),
        withinMs: z.int().min(1),
        after: MembershipKey.optional(),
        limit: z.int().min(1).max(1000).default(1000),
      }),
      output: z.object({
        joins: z.array(MembershipKey.extend({ kind: ChannelKind, joinedAt: Timestamp })),
        next: MembershipKey.nullable(),
      }),
      repeatable: true,
      former: { name: 'member.joins' },
    },
  },
});
export type Topics = typeof topics;
