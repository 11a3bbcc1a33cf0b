import type {
  AccountPrincipal,
  AnonymousPrincipal,
  ChannelId,
  ChannelSnapshot,
  Fault,
  Peer,
  Reach,
} from '@parley/contracts';
import type { AccountCommand, AccountResult, AnonymousCommand } from './account-command.js';
import type { ChannelCommand, ChannelResult } from './channel-command.js';
import type { MessageCommand, MessageResult } from './message-command.js';
import type { OrganizationCommand, OrganizationResult } from './organization-command.js';
import type { PresenceCommand, PresenceResult } from './presence-command.js';

export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  /**
   * `realm`: the realm that issued the ticket; the dialect's own when left out. A ticket of a realm that the dialect does not allow is
   * invalid.
   */
  | { readonly kind: 'ticket'; readonly ticket: string; readonly realm?: string };

/** The closed list of what a frame or a REST body can ask for. `commands/execute.ts` has a handler for each. */
export type Command =
  | AnonymousCommand
  | AccountCommand
  | ChannelCommand
  | MessageCommand
  | OrganizationCommand
  | PresenceCommand
  /** The first frame on a socket that was opened without credentials. */
  | { readonly type: 'session.authenticate'; readonly credentials: Credentials }
  /** Replaces the access token with another one of the same account and session: the connection lives until the new one expires. */
  | { readonly type: 'token.renew'; readonly accessToken: string }
  | { readonly type: 'typing.start'; readonly channelId: ChannelId }
  /** Receives the events of a channel, from now on or from after a sequence (`after`), which replays the events since then. */
  | { readonly type: 'channel.attach'; readonly channelId: ChannelId; readonly after?: number }
  | { readonly type: 'channel.detach'; readonly channelId: ChannelId }
  /** Attaches several channels and the own inbox, each from after its last sequence. */
  | {
      readonly type: 'session.resume';
      readonly inbox?: number;
      readonly channels: ReadonlyMap<ChannelId, number>;
    }
  /** Acknowledges a direct message by the reference that its sender gave it. The gateway sends no answer. */
  | { readonly type: 'inbox.acknowledge'; readonly reference: string }
  /**
   * Registers the connection as a peer of the network where its account has an address, and subscribes it to the peers that come and go
   * there. Once per connection.
   */
  | { readonly type: 'peer.register'; readonly agentId: string | null; readonly reach: Reach }
  /** Sends this frame as the answer and does nothing else (a ping, a hint). */
  | { readonly type: 'answer'; readonly frame: string }
  /** The dialect ignores the frame. */
  | { readonly type: 'nothing' };

/**
 * How a stream was resumed. `replayed`: every event after the given sequence was delivered. `reset`: too much is missing, or retention
 * removed it.
 */
export type Resumed =
  | { readonly outcome: 'replayed'; readonly count: number; readonly head: number }
  | { readonly outcome: 'reset'; readonly head: number; readonly floor: number }
  | { readonly outcome: 'refused'; readonly fault: Fault };

/** The result of a command. The dialect encodes it, or sends no answer. */
export type Result =
  | AccountResult
  | ChannelResult
  | MessageResult
  | OrganizationResult
  | PresenceResult
  | { readonly type: 'session.authenticate'; readonly principal: AccountPrincipal; readonly expiresAt: string }
  | { readonly type: 'token.renew'; readonly expiresAt: string }
  | { readonly type: 'typing.start' }
  | { readonly type: 'channel.attach'; readonly channel: ChannelSnapshot; readonly resumed: Resumed }
  | { readonly type: 'channel.detach' }
  | {
      readonly type: 'session.resume';
      readonly inbox: Resumed | null;
      readonly channels: ReadonlyMap<ChannelId, Resumed>;
    }
  /** `others`: every other peer that is online in the network. Later changes follow as events. */
  | { readonly type: 'peer.register'; readonly peer: Peer; readonly others: readonly Peer[] };

/** The id of the request, which matches an answer with its frame (v1: the JSON-RPC id). The old protocols have none. */
export type RequestId = string | number | null;

type CommandsByType = { readonly [C in Command as C['type']]: C };
type ResultsByType = { readonly [R in Result as R['type']]: R };

export type CommandType = keyof CommandsByType;
export type CommandOf<T extends CommandType> = CommandsByType[T];

/** Commands that `commands/execute.ts` runs; the frame handler handles the others. */
export type ExecutedType = Exclude<CommandType, 'answer' | 'nothing' | 'inbox.acknowledge'>;

/** Who may run a command: an account, or for some a client without one. */
export type PrincipalOf<T extends ExecutedType> = T extends AnonymousCommand['type']
  ? AnonymousPrincipal
  : AccountPrincipal;

/** The result of a command. null: there is none to send, because `peers/` has sent it. */
export type ResultOf<T extends ExecutedType> = T extends 'message.direct'
  ? ResultsByType['message.send']
  : T extends 'peer.register'
    ? null
    : T extends keyof ResultsByType
      ? ResultsByType[T]
      : never;
