import type {
  AccountId,
  AccountReference,
  ChannelId,
  ChannelSnapshot,
  Content,
  Entry,
  Message,
  MessageId,
  Target,
  ThreadSummary,
} from '@parley/contracts';
import type { NamedChannel } from './channel-command.js';

/** The destination of a message: a channel or an account by id, or by the name that clients use for it. */
export type Address = Target | { readonly directWithHandle: string } | NamedChannel;

/** What all changes of a message have in common. */
interface Change {
  readonly messageId: MessageId;
  /** If null, the gateway makes `<connection>:<n>`, so that it can retry a call whose reply was lost. */
  readonly clientId: string | null;
  /** The channel of the message, where the client names it: the change then runs after earlier commands for that channel. */
  readonly channelId?: ChannelId | undefined;
}

/** What a client can do with messages. */
export type MessageCommand =
  | {
      readonly type: 'message.send';
      readonly target: Address;
      /** If null, the gateway makes `<connection>:<n>`, so that it can retry a call whose reply was lost. */
      readonly clientId: string | null;
      /** What the reader acknowledges the message by, and the sender asks for its delivery states. */
      readonly reference?: string;
      readonly content: Content;
      readonly raw?: string;
      readonly replyTo?: MessageId | undefined;
      readonly threadRoot?: MessageId | undefined;
      readonly alsoInChannel?: boolean | undefined;
      /**
       * `count`: the result contains the number of other connected accounts that the message reached. `or_refuse`: a direct message to an
       * account that is not connected is not stored (`not_found` `recipient_absent`).
       */
      readonly reach?: 'count' | 'or_refuse';
      /** Its fields are as schemas of chat's contract made them: chat need not parse them again. */
      readonly isParsed?: true;
    }
  /**
   * A message to one account, in the dialect's own form of address. The gateway resolves the account first and then asks for the content.
   */
  | {
      readonly type: 'message.direct';
      readonly to: AccountReference;
      readonly clientId: string | null;
      readonly contentFor: (recipient: AccountId) => Content;
      readonly raw?: string;
    }
  | (Change & { readonly type: 'message.edit'; readonly content: Content })
  | (Change & { readonly type: 'message.delete' | 'message.pin' | 'message.unpin' })
  | (Change & { readonly type: 'message.react' | 'message.unreact'; readonly emoji: string })
  /**
   * The caller's only reaction to the message with this number, in dialects with one reaction per account and message: replaces its others.
   * null: none. `channelId`: the message must be there (`not_found` `message_not_found`).
   */
  | {
      readonly type: 'reaction.set';
      readonly messageNumber: number;
      readonly channelId?: ChannelId;
      readonly emoji: string | null;
    }
  /** Moves the caller's position in a thread forward. */
  | { readonly type: 'receipt.recordThread'; readonly rootId: MessageId; readonly sequence: number };

/** The types of commands that change a message. */
export type ChangeType =
  'message.edit' | 'message.delete' | 'message.react' | 'message.unreact' | 'message.pin' | 'message.unpin';

export type MessageResult =
  | {
      readonly type: 'message.send';
      readonly message: Message;
      readonly channel: ChannelSnapshot;
      readonly inboxSequence: number | null;
      readonly repeated: boolean;
      /** The counters of the thread that the message belongs to. */
      readonly thread: ThreadSummary | null;
      /**
       * The number of connected accounts that the message reached, without the sender (except in a note to itself); only if the command
       * asked for it.
       */
      readonly reached?: number;
    }
  | {
      readonly type: ChangeType;
      readonly entry: Entry;
      readonly channel: ChannelSnapshot;
      /** The entry's sequence in the caller's inbox; null outside of direct channels. */
      readonly inboxSequence: number | null;
      /** The change had been made before; then `entry` is the earlier one. */
      readonly repeated: boolean;
    }
  /** The message as it is now, as the caller sees it. */
  | { readonly type: 'reaction.set'; readonly message: Message }
  | { readonly type: 'receipt.recordThread'; readonly sequence: number; readonly unread: number };
