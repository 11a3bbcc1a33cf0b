import { z } from 'zod';
import { Emoji } from './entry.js';
import { AccountId, ChannelId, MessageId, OrganizationId, SessionId, ShortNumber, Timestamp } from './ids.js';
import {
  AccountKind,
  AccountSummary,
  ChannelKind,
  ChannelSnapshot,
  ClientId,
  Content,
  MemberRole,
  Slug,
} from './model.js';
import { bounded, Metadata, MetadataText, text } from './text.js';

// What the owners of data take over from an old server. System callers only: the bus lets the user `importer` alone call them. Each realm
// is imported once, from one source; a group that is sent again adds nothing, so a command that was killed goes on where it was.

/** One import of one realm: a UUID that auth makes when it begins. */
export const ImportId = z.uuid().toLowerCase();
export type ImportId = z.infer<typeof ImportId>;

/** Names the source of an import, for example `rooms sqlite:/srv/chat.db`: no credentials. The same source has the same text. */
export const ImportSource = text(1, 512);

/** A time with microseconds, in UTC: `2024-05-04T10:20:30.123456Z`. */
export const ImportTime = z.iso.datetime({ precision: 6 });

/** The largest number of rows in one call; its body has less than 900 KiB. */
export const importRowsMax = 2_000;

/** An import as its owner keeps it. */
export const ImportState = z.object({
  importId: ImportId,
  source: ImportSource,
  begunAt: Timestamp,
  /** null: clients do not see the realm yet. */
  finishedAt: Timestamp.nullable(),
});
export type ImportState = z.infer<typeof ImportState>;

const nothing = z.object({});
const one = z.object({ importId: ImportId });
/** Long enough for a group that waits for locks and a slow disk. */
const deadlineMs = 30_000;

/** One group of rows; `added` counts those that were not there before. */
const rows = <Row extends z.ZodType>(row: Row) => ({
  input: one.extend({ rows: z.array(row).min(1).max(importRowsMax) }),
  output: z.object({ added: z.int().min(0) }),
  repeatable: true,
  deadlineMs,
});

/**
 * Begins the import with the id that auth made, or finds it. `conflict` `realm_not_empty`: the owner has rows of this realm that no import
 * wrote; `import_other_source`: the realm was imported from elsewhere.
 */
const begin = {
  input: one.extend({ source: ImportSource }),
  output: ImportState,
  repeatable: true,
  deadlineMs,
} as const;

/** Makes the rows visible. An import that is finished already stays so. */
const finish = { input: one, output: ImportState, repeatable: true, deadlineMs: 120_000 } as const;

/** KiB, passes and lanes of argon2id: several sign-ins hash at the same time. */
const costsMax = { m: 262_144, t: 10, p: 16 } as const;

const isAffordable = (hash: string): boolean => {
  const [, m, t, p] = /\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$/.exec(hash)?.map(Number) ?? [];
  return Number(m) <= costsMax.m && Number(t) <= costsMax.t && Number(p) <= costsMax.p;
};

/** A hash as the old server stored it; it is replaced at the first sign-in. Its costs are bounded, because signing in pays them. */
export const ImportedPassword = z.discriminatedUnion('algorithm', [
  z.object({
    algorithm: z.literal('bcrypt'),
    hash: bounded(60).regex(/^\$2[abxy]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}$/, 'Expected a hash of bcrypt'),
  }),
  z.object({
    algorithm: z.literal('argon2id'),
    hash: bounded(256)
      .regex(
        /^\$argon2id\$v=19\$m=[1-9]\d{0,6},t=[1-9]\d?,p=[1-9]\d?\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}$/,
        'Expected a hash of argon2id',
      )
      .refine(isAffordable, `Expected at most m=${costsMax.m}, t=${costsMax.t}, p=${costsMax.p}`),
  }),
]);
export type ImportedPassword = z.infer<typeof ImportedPassword>;

/** SHA-256 of an opaque token, in base64url. */
const TokenDigest = bounded(43).regex(/^[A-Za-z0-9_-]{43}$/);

export const ImportedAccount = z.object({
  id: AccountId,
  /** null: the next free one. */
  number: ShortNumber.nullable(),
  kind: AccountKind,
  username: text(1, 254).nullable(),
  /** As the old server stored it, which did not always check it. */
  email: text(1, 254).nullable(),
  /** null: the id, as of every person. */
  handle: z.guid().toLowerCase().nullable(),
  /** null: as sign-up derives it from user name, e-mail address and handle. */
  name: text(1, 254).nullable(),
  firstName: text(1, 100).nullable(),
  lastName: text(1, 100).nullable(),
  publicKey: text(1, 16_384).nullable(),
  /** null: the account has no password to sign in with. */
  password: ImportedPassword.nullable(),
  createdAt: ImportTime.nullable(),
  /** Sessions of the rooms dialect that go on with the old server's refresh tokens. */
  sessions: z.array(z.object({ id: SessionId, refreshHash: TokenDigest, expiresAt: ImportTime })).max(16),
});
export type ImportedAccount = z.infer<typeof ImportedAccount>;

/** Accounts, and the state of the import as a whole: auth refuses the realm with `realm_importing` until `finish`. */
export const authImport = {
  /**
   * Begins or finds the import of a realm. `checkpoint`: what `progress` kept last. `conflict` `realm_not_empty` and
   * `import_other_source`.
   */
  begin: {
    input: z.object({ source: ImportSource }),
    output: ImportState.extend({ checkpoint: z.string().nullable() }),
    repeatable: true,
    deadlineMs,
  },
  /** The import of the caller's realm, finished or not; null: it has none. For services. */
  find: { input: nothing, output: ImportState.nullable(), repeatable: true },
  /** `conflict` `username_taken`, `email_taken`, `handle_taken`, `number_taken`: then none of the group is added. */
  accounts: rows(ImportedAccount),
  /** Keeps how far the import is, in the words of the importer. */
  progress: { input: one.extend({ checkpoint: text(1, 4_096) }), output: nothing, repeatable: true, deadlineMs },
  finish,
} as const;

export const ImportedChannel = z.object({
  id: ChannelId,
  /** null: the next free one. */
  number: ShortNumber.nullable(),
  kind: ChannelKind,
  /** Empty only where an old protocol allows it. */
  title: text(0, 255),
  /** Dropped when another channel has it, unless it identifies the channel (`topic`): `conflict` `slug_taken`. */
  slug: Slug.nullable(),
  metadata: Metadata,
  metadataText: MetadataText.nullable(),
  createdBy: AccountId.nullable(),
  createdAt: ImportTime.nullable(),
  /** The two accounts of a direct channel, equal for a note to oneself; null for other kinds. */
  pair: z.tuple([AccountId, AccountId]).nullable(),
});
export type ImportedChannel = z.infer<typeof ImportedChannel>;

export const ImportedMember = z.object({
  channelId: ChannelId,
  accountId: AccountId,
  role: MemberRole,
  joinedAt: ImportTime.nullable(),
});
export type ImportedMember = z.infer<typeof ImportedMember>;

export const topicsImport = {
  begin,
  /** Channels with the next numbers where they have none; a direct channel with its members. `conflict` `slug_taken`, `number_taken`. */
  channels: rows(ImportedChannel),
  /** Members of imported channels; the member count and the membership version of each channel grow with them. */
  members: rows(ImportedMember),
  /** The channels of the import by number, as chat keeps them beside its streams. */
  snapshots: {
    input: one.extend({ after: z.int().min(0), limit: z.int().min(1).max(importRowsMax) }),
    output: z.array(ChannelSnapshot),
    repeatable: true,
    deadlineMs,
  },
  finish,
} as const;

export const ImportedMessage = z.object({
  id: MessageId,
  channelId: ChannelId,
  sender: AccountSummary,
  /** One per row of the source, so that a group that is sent again adds nothing. */
  clientId: ClientId,
  content: Content,
  raw: text(0, 131_072).nullable(),
  sentAt: ImportTime,
  /** The accounts of a direct channel, whose inboxes the message enters as delivered and read. */
  participants: z.array(AccountId).max(2),
});
export type ImportedMessage = z.infer<typeof ImportedMessage>;

export const ImportedReaction = z.object({
  channelId: ChannelId,
  messageId: MessageId,
  sender: AccountSummary,
  clientId: ClientId,
  emoji: Emoji,
  reactedAt: ImportTime,
});
export type ImportedReaction = z.infer<typeof ImportedReaction>;

/** That an account has read a channel up to a message of this import. */
export const ImportedReceipt = z.object({ accountId: AccountId, channelId: ChannelId, messageId: MessageId });
export type ImportedReceipt = z.infer<typeof ImportedReceipt>;

export const chatImport = {
  begin,
  /** The channels that have messages or will have them. */
  streams: rows(ChannelSnapshot),
  /**
   * Appends messages in their order; groups of one realm follow each other. `numbers`: the number of each message, in the order of the
   * group, also of those that were there before. `readBySender`: a sender has read the channel up to its own last message. `not_found` `channel_not_found` for a channel without a stream.
   */
  messages: {
    ...rows(ImportedMessage),
    input: rows(ImportedMessage).input.extend({ readBySender: z.boolean().default(false) }),
    output: z.object({ added: z.int().min(0), numbers: z.array(z.int().min(1)) }),
  },
  /** Appends reactions, after all messages; one whose message is not there is ignored. */
  reactions: rows(ImportedReaction),
  /** Read positions, which never move back. A message that is not there is ignored. */
  receipts: rows(ImportedReceipt),
  finish,
} as const;

export const ImportedOrganization = z.object({
  id: OrganizationId,
  number: ShortNumber,
  /** Empty only where the old server allowed it. */
  name: text(0, 255),
  /** As its creator wrote it; `invalid` `bad_subnet` unless organization.create takes it. */
  subnet: text(1, 64),
  /** null: it has no members. */
  createdBy: AccountId.nullable(),
  createdAt: ImportTime.nullable(),
});
export type ImportedOrganization = z.infer<typeof ImportedOrganization>;

export const ImportedSeat = z.object({ organizationId: OrganizationId, accountId: AccountId });
export type ImportedSeat = z.infer<typeof ImportedSeat>;

export const ImportedLease = ImportedSeat.extend({ accountNumber: ShortNumber, address: z.ipv4() });
export type ImportedLease = z.infer<typeof ImportedLease>;

export const signalingImport = {
  begin,
  /** `conflict` `number_taken`; `invalid` `bad_subnet`. */
  organizations: rows(ImportedOrganization),
  members: rows(ImportedSeat),
  /** `conflict` `address_taken`; `invalid` `address_outside` of the network; `not_found` `organization_not_found`. */
  leases: rows(ImportedLease),
  /** Also makes every hole below the highest lease a released address. */
  finish,
} as const;
