import type { ChannelKind, MemberRole, Metadata } from '@parley/contracts';

export const sourceNames = ['rooms', 'mesh', 'fluent', 'conversations', 'swifty'] as const;
export type SourceName = (typeof sourceNames)[number];

/** UTC with microseconds: `2026-11-28T22:34:30.859497Z`. Its text sorts as its time does. */
export type SourceTime = string;

/**
 * How records name an account, a channel, a message or an organization of the source: the old id as text (`7`), the lower-case uuid of a
 * device, the id of a topic, or `3:9` for the pair of a direct channel, the smaller number first.
 */
export type SourceId = string;

/** A session that goes on after the import: SHA-256 of its refresh token in base64url, and when it ends. */
export interface SessionRecord {
  readonly tokenHash: string;
  readonly expiresAt: SourceTime;
}

export interface CredentialRecord {
  readonly algorithm: 'bcrypt' | 'argon2id';
  readonly hash: string;
}

export interface AccountRecord {
  readonly type: 'account';
  readonly sourceId: SourceId;
  /** Null for devices, which have no numbers on their wire: the next free one. */
  readonly number: number | null;
  readonly kind: 'person' | 'device';
  readonly username: string | null;
  readonly email: string | null;
  /** Null for persons, whose handle is the id of the account. */
  readonly handle: string | null;
  /** Null: the name that sign-up makes of user name, e-mail address and handle. */
  readonly name: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly publicKey: string | null;
  /** Null: nobody can sign in with a password. */
  readonly credential: CredentialRecord | null;
  /** Null where the source does not know it. */
  readonly createdAt: SourceTime | null;
  readonly sessions: readonly SessionRecord[];
}

export interface ChannelRecord {
  readonly type: 'channel';
  readonly sourceId: SourceId;
  /** Null for topics and direct channels, which have no numbers on their wire: the next free one. */
  readonly number: number | null;
  readonly kind: ChannelKind;
  /** Unique in the source. */
  readonly slug: string | null;
  readonly title: string;
  readonly metadata: Metadata;
  readonly metadataText: string | null;
  readonly createdBy: SourceId | null;
  readonly createdAt: SourceTime | null;
  /** The two accounts of a direct channel, equal for notes to oneself; they are its members, without a record of their own. */
  readonly pair: readonly [SourceId, SourceId] | null;
}

export interface MemberRecord {
  readonly type: 'member';
  readonly channel: SourceId;
  readonly account: SourceId;
  readonly role: MemberRole;
  readonly joinedAt: SourceTime | null;
}

export type ContentRecord =
  | { readonly type: 'text'; readonly text: string }
  /** One ciphertext for each reader. */
  | { readonly type: 'encrypted'; readonly mediaType: string; readonly byReader: Readonly<Record<SourceId, string>> };

/** A message. All messages of a source come in the order of (time, id), which is also the order within each channel. */
export interface MessageRecord {
  readonly type: 'message';
  readonly sourceId: SourceId;
  readonly channel: SourceId;
  readonly sender: SourceId;
  /** The same at every reading of the source, unique in it. */
  readonly clientId: string;
  readonly content: ContentRecord;
  /** What the dialect of the source keeps beside the content. */
  readonly raw: string | null;
  readonly sentAt: SourceTime;
}

export interface ReactionRecord {
  readonly type: 'reaction';
  readonly sourceId: SourceId;
  readonly channel: SourceId;
  /** The client id of the message. */
  readonly message: string;
  readonly account: SourceId;
  readonly clientId: string;
  readonly emoji: string;
  readonly reactedAt: SourceTime;
}

/** The last message that an account has read in a channel. */
export interface ReadRecord {
  readonly type: 'read';
  readonly channel: SourceId;
  readonly account: SourceId;
  /** The client id of the message. */
  readonly message: string;
}

export interface OrganizationRecord {
  readonly type: 'organization';
  readonly sourceId: SourceId;
  readonly number: number;
  readonly name: string;
  /** As it was written, host bits and masks included. */
  readonly subnet: string;
  /** The smallest of its members; null: it has none. */
  readonly createdBy: SourceId | null;
}

export interface OrganizationMemberRecord {
  readonly type: 'organization_member';
  readonly organization: SourceId;
  readonly account: SourceId;
}

/** Every free address below the highest lease of an organization counts as released. */
export interface LeaseRecord {
  readonly type: 'lease';
  readonly organization: SourceId;
  readonly account: SourceId;
  readonly address: string;
}

/** A file that a message names. */
export interface FileRecord {
  readonly type: 'file';
  /** Of the file on this machine. */
  readonly path: string;
  /** As the message has it. */
  readonly url: string;
  readonly name: string;
  readonly mediaType: string | null;
  readonly bytes: number;
  /** The client id of the message. */
  readonly message: string;
  readonly channel: SourceId;
}

export type SourceRecord =
  | AccountRecord
  | ChannelRecord
  | MemberRecord
  | MessageRecord
  | ReactionRecord
  | ReadRecord
  | OrganizationRecord
  | OrganizationMemberRecord
  | LeaseRecord
  | FileRecord;

/** The parts of a source in the order in which they are read and written: what a record names comes in an earlier part. */
export const partNames = [
  'accounts',
  'channels',
  'members',
  'messages',
  'reactions',
  'reads',
  'organizations',
  'organization_members',
  'leases',
  'files',
] as const;
export type PartName = (typeof partNames)[number];

/**
 * What becomes of a row that is not moved as it is.
 *
 * - `mended`: moved with a change that keeps its meaning.
 * - `refused`: it cannot be moved, and its owner must decide what it should be. While a source has such a row nothing of it is written.
 * - `left_out`: not moved, because what it belongs to is not there or it says nothing that another row does not.
 * - `reported`: moved as it is, and somebody should know.
 */
export const outcomes = ['mended', 'refused', 'left_out', 'reported'] as const;
export type Outcome = (typeof outcomes)[number];

export interface Finding {
  /** The rule of docs/import.md. */
  readonly rule: number;
  /** The table, or the kind of key, as the source calls it. */
  readonly table: string;
  /** Its id or key in the source. */
  readonly row: string;
  readonly outcome: Outcome;
  /** One sentence, without content of a message or a secret. */
  readonly what: string;
}

/** A bounded number of rows of one part, in their order. */
export interface SourcePage {
  readonly part: PartName;
  /** Rows of the source that were read for this page, for the progress. */
  readonly rows: number;
  readonly records: readonly SourceRecord[];
  readonly findings: readonly Finding[];
}

/**
 * One of the old servers' stores, read only. Every reading gives the same pages while the store does not change, so an import that was
 * interrupted reads all of it again and skips what it wrote.
 */
export interface Source extends AsyncDisposable {
  readonly name: SourceName;
  /** The same for the same store at another address, and another for another store: 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** Rows by part; a part that the source does not have is 0. */
  readonly counts: Readonly<Record<PartName, number>>;
  /** All parts in their order, in pages of at most `pageRowsMax` rows. May be called again. */
  pages(): AsyncGenerator<SourcePage>;
}

export interface SourceOptions {
  /** A `postgres:` or `redis:` URL, or the path of an SQLite file. */
  readonly location: string;
  /** The zone of times without one, as PostgreSQL names it. Default: the database's own. */
  readonly timeZone?: string | undefined;
  /** The folder `uploads` of rooms. Default: files are neither moved nor looked at. */
  readonly files?: string | undefined;
  /** Refresh tokens that have ended by then are left out. */
  readonly now: Date;
  /** Default: as many as the source can hold at once. */
  readonly pageRowsMax?: number | undefined;
}

/** The source cannot be read at all; the message is one sentence for the operator. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}
