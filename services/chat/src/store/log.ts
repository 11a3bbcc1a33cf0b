import type { AccountId, ChannelId, Deadline, Entry, InboxStreamEntry, Realm } from '@parley/contracts';
import type { Appended } from '../domain/announcements.js';
import type { Change, Draft } from '../domain/message.js';

/** A draft in its serialized form, made once so that a group can be measured before it is sent to the store. */
export interface Prepared {
  readonly draft: Draft | Change;
  /** What an entry has that may be long, as a JSON object: its sender, client id and content. */
  readonly json: string;
  /** At least the bytes of the message as JSON. */
  readonly bytes: number;
}

export interface EntryRange {
  readonly realm: Realm;
  readonly after: number;
  readonly limit: number;
  /** The page ends before the entry that would exceed this, but has at least one. */
  readonly bytesMax: number;
}

export interface StreamPage<T> {
  readonly entries: T[];
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

/** The streams of entries. */
export interface EntryLog {
  prepare(draft: Draft | Change): Prepared;
  /**
   * Commits a group in its order and resolves with results in that order. Safe to repeat: client ids identify stored entries. From
   * `deadline` on no caller waits for it, so nothing is begun.
   */
  append(group: readonly Prepared[], deadline?: Deadline): Promise<Appended[]>;
  /** Null: the channel's stream is in another realm. */
  channelEntries(range: EntryRange & { readonly channelId: ChannelId }): Promise<StreamPage<Entry> | null>;
  /** Null: the inbox is in another realm. */
  inboxEntries(range: EntryRange & { readonly accountId: AccountId }): Promise<StreamPage<InboxStreamEntry> | null>;
}
