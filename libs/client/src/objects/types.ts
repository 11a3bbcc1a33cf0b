// The objects of the SDK as an application sees them.
import type { Abortable, Observable } from '../observable.js';
import type { ParleyError } from '../parley-error.js';
import type { ChannelKind, Entry, Message, NamedMember, Sent } from '../types.js';

/** `sending`: not yet stored. `delivered`, `read`: by at least one other account. `failed`: refused; `retry` or `discard` it. */
export type MessageState = 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

/** A message as a timeline shows it: its current form, with the changes that this client has made and the server has not confirmed yet. */
export interface TimelineMessage extends Omit<Message, 'id' | 'number' | 'sequence'> {
  /** The same from the first local echo on; for keyed lists. */
  readonly key: string;
  /** null until the message is stored. */
  readonly id: string | null;
  readonly number: number | null;
  readonly sequence: number | null;
  /** Whether this account sent it. */
  readonly isOwn: boolean;
  /** Of own messages; null for those of others. */
  readonly state: MessageState | null;
  /** Why it `failed`. */
  readonly error: ParleyError | null;
  /** Whether a change of this client waits for the server. */
  readonly isChanging: boolean;
}

/** Where a timeline moves to; `time` is ISO 8601; `firstUnread` is the end when nothing is unread. */
export type TimelinePosition = { readonly sequence: number } | { readonly time: string } | 'firstUnread' | 'latest';

/**
 * A window on the messages of a channel or thread, in ascending order. It loads the last page when the first subscriber arrives, follows
 * the channel while there are subscribers, and is the same however the connection was lost and regained. At most `timelineMax` messages
 * are held: those furthest from the last change of the window are dropped, and can be loaded again.
 */
export interface Timeline extends Observable<readonly TimelineMessage[]> {
  /** The same as `value`. A new array whenever the messages or one of the fields below change. */
  readonly items: readonly TimelineMessage[];
  /** Whether there are earlier messages than the first one here. */
  readonly hasBefore: boolean;
  /** Whether there are later messages than the last one here. */
  readonly hasAfter: boolean;
  /** Whether new messages appear here: the window reaches the end, and the channel is followed. */
  readonly isLive: boolean;
  readonly isLoading: boolean;
  /** Why the last page could not be loaded; null after one that could. */
  readonly error: ParleyError | null;
  /** Loads messages before the first one. `limit`: 1 to 200, default 50. */
  loadBefore(limit?: number, options?: Abortable): Promise<void>;
  /** Loads messages after the last one. `limit`: 1 to 200, default 50. */
  loadAfter(limit?: number, options?: Abortable): Promise<void>;
  /** Replaces the window by a page around a position. */
  jumpTo(position: TimelinePosition, options?: Abortable): Promise<void>;
}

/** Options of a send. */
export interface SendOptions extends Abortable {
  /** The message that this one answers. */
  readonly replyTo?: string;
  /** The first message of the thread that it belongs to. */
  readonly threadRoot?: string;
  /** Whether the channel shows a reply in a thread, too. */
  readonly alsoInChannel?: boolean;
  /** Default: a random one. Sending it again never creates a second message. */
  readonly clientId?: string;
}

/** A message that this client sends. It is in the timeline at once, and in the storage until the server has stored it. */
export interface LocalMessage {
  readonly clientId: string;
  /**
   * Resolves when the message is stored. Rejects with the `ParleyError` of the server when it refused the message, which then has the state
   * `failed` in the timeline until `retry` or `discard`; with the reason of the signal when it was aborted; with `conflict` `discarded`; with
   * `unavailable` `client_closed` when the client closes; and with `exhausted` `outbox_full` when 500 messages wait. It may be ignored: no
   * rejection of it is reported as unhandled. After `retry` it is the promise of that attempt.
   */
  readonly sent: Promise<Sent>;
  /** Sends a message that failed again, under the same client id. Returns the new `sent`; the same one when the message has not failed. */
  retry(): Promise<Sent>;
  /** Removes a message that was not stored yet. One that is on its way may arrive nevertheless. */
  discard(): void;
}

/** How many messages of a channel or thread the account has not read, how many of them mention it (at most 100 are counted), and up to where it has read. */
export interface Unread {
  readonly count: number;
  readonly mentions: number;
  /** The sequence up to which the account has read. */
  readonly read: number;
}

/** Id and name of an account. */
export interface AccountName {
  readonly id: string;
  readonly name: string;
}

/** How far an account has read and received a channel. */
export interface ReceiptPosition {
  readonly read: number;
  readonly delivered: number;
}

/** The presence of an account over all its connections. */
export interface AccountPresence {
  readonly state: 'online' | 'away' | 'offline';
  /** When it was last online; null when it is, or when that is not known. */
  readonly lastSeenAt: string | null;
}

/** Who is here. In channels above 100 members `accounts` is empty and only the counts are known. */
export interface ChannelPresence {
  readonly accounts: ReadonlyMap<string, AccountPresence>;
  readonly online: number;
  readonly away: number;
}

/** What a channel is, without what is in it. */
export interface ChannelInfo {
  readonly id: string;
  readonly kind: ChannelKind;
  readonly title: string;
  readonly slug: string | null;
  /** The other account of a direct channel, whose name is null when it was deleted; null elsewhere. */
  readonly partner: { readonly id: string; readonly name: string | null } | null;
  /** When it was closed to new messages; null: open. */
  readonly closedAt: string | null;
}

/** A list that is loaded page by page. */
export interface PagedList<T> extends Observable<readonly T[]> {
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  /** Loads the next page. Does nothing at the end. */
  loadMore(options?: Abortable): Promise<void>;
}

/** `idle`: it has no subscribers. `refused`: the account may not read the channel (any more). */
export type ChannelStatus =
  { readonly name: 'idle' | 'loading' | 'live' } | { readonly name: 'refused'; readonly error: ParleyError };

/** One channel. Its parts load when they get their first subscriber, and are released when the channel was not used for a while. */
export interface LiveChannel {
  readonly id: string;
  readonly status: Observable<ChannelStatus>;
  /** null until it is loaded. */
  readonly info: Observable<ChannelInfo | null>;
  readonly messages: Timeline;
  readonly members: PagedList<NamedMember>;
  /** Who is typing; an account leaves the list when it sends, or after a while. */
  readonly typing: Observable<readonly AccountName[]>;
  readonly presence: Observable<ChannelPresence>;
  /** How far the other accounts have read and received, by account id. Empty in rooms and in groups above 100 members: see `countReceipts`. */
  readonly receipts: Observable<ReadonlyMap<string, ReceiptPosition>>;
  readonly unread: Observable<Unread>;
  /** The last message that the channel shows; null: there is none, or it is not known. */
  readonly last: Observable<Message | null>;
  /** Calls `handler` for every entry of the channel's stream while the channel is in use; returns a function that ends it. */
  onEntry(handler: (entry: Entry) => void): () => void;
  /** The thread that begins with this message. */
  thread(rootId: string): Thread;
  /** Sends a text message: shown at once, kept in the storage, sent when there is a connection, in the order of the calls. */
  send(text: string, options?: SendOptions): LocalMessage;
  /** As `retry` of the local message with this client id. */
  retry(clientId: string): void;
  /** As `discard` of the local message with this client id. */
  discard(clientId: string): void;
  /** Changes the text of an own message. Shown at once; taken back when the server refuses, and then rejected with its error. */
  edit(messageId: string, text: string, options?: Abortable): Promise<void>;
  /** Deletes a message; a tombstone stays. As `edit`. */
  delete(messageId: string, options?: Abortable): Promise<void>;
  /** Adds the account's reaction. As `edit`. */
  react(messageId: string, emoji: string, options?: Abortable): Promise<void>;
  /** Removes the account's reaction. As `edit`. */
  unreact(messageId: string, emoji: string, options?: Abortable): Promise<void>;
  /** Pins a message. As `edit`. */
  pin(messageId: string, options?: Abortable): Promise<void>;
  /** Unpins a message. As `edit`. */
  unpin(messageId: string, options?: Abortable): Promise<void>;
  /** The pinned messages, the last pinned first. */
  pins(options?: Abortable): Promise<readonly Message[]>;
  /**
   * Records that the account has read up to a sequence; default: the last message. `unread` has the position at once, and the count of what
   * is left when the server has stored it; repeated until then.
   */
  markRead(sequence?: number, options?: Abortable): Promise<void>;
  /** How many accounts have read and received a message. */
  countReceipts(sequence: number, options?: Abortable): Promise<ReceiptPosition>;
  /** Notifies the others that the account is typing; call it at each key press, it is sent every few seconds. */
  sendTyping(): void;
}

/** The replies of a message. */
export interface Thread extends Timeline {
  readonly rootId: string;
  /** The message that it begins with; null until it is loaded. */
  readonly root: Observable<TimelineMessage | null>;
  readonly unread: Observable<Unread>;
  /** Sends a reply. */
  send(text: string, options?: Omit<SendOptions, 'threadRoot'>): LocalMessage;
  /** Records that the account has read the thread up to a sequence; default: the last reply. */
  markRead(sequence?: number, options?: Abortable): Promise<void>;
}

/** A channel in the list. */
export interface ChannelListItem extends ChannelInfo {
  readonly unread: number;
  readonly mentions: number;
  /** The last message; null: there is none, or it is not known. */
  readonly last: Message | null;
}

/**
 * The channels that the account is a member of and its direct channels, the one with the last message first. It loads the first page when
 * the first subscriber arrives and is kept up to date while there are subscribers; `loadMore` adds older ones.
 */
export interface ChannelList extends PagedList<ChannelListItem> {
  /** Why the last page could not be loaded; null after one that could. */
  readonly error: ParleyError | null;
  /** Loads the list again from the beginning. */
  refresh(options?: Abortable): Promise<void>;
}

/** What the account shows of itself. `invisible`: offline for all other accounts. */
export type OwnPresence = 'online' | 'away' | 'invisible';

/** Who is here. */
export interface Presence {
  /** What this connection shows. */
  readonly own: Observable<OwnPresence>;
  /** Sets it, also for the connections after this one. */
  set(state: OwnPresence, options?: Abortable): Promise<void>;
  /** The presence of one account, while there are subscribers. */
  of(accountId: string): Observable<AccountPresence>;
}

/** Choices of the account, on all its devices. */
export interface PreferenceValues {
  /** Whether others see how far the account has read and received. */
  readonly sharesReceipts: boolean;
  /** Whether the account is offline for all other accounts. */
  readonly invisible: boolean;
}

/** The choices of the account; null until they are loaded, which the first subscriber causes. */
export interface Preferences extends Observable<PreferenceValues | null> {
  /** Reads them from the server. */
  load(options?: Abortable): Promise<PreferenceValues>;
  /** Changes some of them. */
  change(change: Partial<PreferenceValues>, options?: Abortable): Promise<PreferenceValues>;
}
