import type {
  AccountId,
  AccountPrincipal,
  AccountReference,
  ChannelId,
  ChannelSnapshot,
  Content,
  Fault,
  Message,
  Peer,
  Reach,
  Target,
} from '@parley/contracts';

export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  /** `realm`: where the ticket says it is good; without it the wire's own. One that the wire does not admit is no ticket. */
  | { readonly kind: 'ticket'; readonly ticket: string; readonly realm?: string };

/** Where a message goes: a channel or an account by id, or by the name that clients know it by. */
export type Address = Target | { readonly directWithHandle: string } | { readonly slug: string };

/** The closed list of what a frame can ask for. `commands/execute.ts` is the single switch over it. */
export type Command =
  /** Before anything else on a socket that was opened without credentials. */
  | { readonly type: 'session.authenticate'; readonly credentials: Credentials }
  /** Another access token of the same account and session: the connection lives until that one expires. */
  | { readonly type: 'token.renew'; readonly accessToken: string }
  | {
      readonly type: 'message.send';
      readonly target: Address;
      /** Without one the gateway makes `<connection>:<n>`, so that it may repeat a call whose answer was lost. */
      readonly clientId: string | null;
      readonly content: Content;
      readonly raw?: string;
      /**
       * Whether the outcome says how many others it reached: connected accounts, now. `or_refuse`: a direct message to one that
       * is not connected is not kept (`not_found` `recipient_absent`).
       */
      readonly reach?: 'count' | 'or_refuse';
    }
  /** The same to one account that the wire names in its own way. Who that is is looked up first, and then what is said to it. */
  | {
      readonly type: 'message.direct';
      readonly to: AccountReference;
      readonly clientId: string | null;
      readonly contentFor: (recipient: AccountId) => Content;
      readonly raw?: string;
    }
  | { readonly type: 'typing.start'; readonly channelId: ChannelId }
  /** Hear a channel, from now or from after a sequence (`after`), which replays what came since. */
  | { readonly type: 'channel.attach'; readonly channelId: ChannelId; readonly after?: number }
  | { readonly type: 'channel.detach'; readonly channelId: ChannelId }
  /** Attach several channels and the own inbox, each from after its last sequence. */
  | {
      readonly type: 'session.resume';
      readonly inbox?: number;
      readonly channels: ReadonlyMap<ChannelId, number>;
    }
  | { readonly type: 'receipt.record'; readonly channelId: ChannelId; readonly sequence: number }
  /** A direct message was received, named by what its sender called it. Nothing is answered. */
  | { readonly type: 'inbox.acknowledge'; readonly reference: string }
  /** Be a peer of the network where its account has an address, and hear who comes and goes there. Once per connection. */
  | { readonly type: 'peer.register'; readonly agentId: string | null; readonly reach: Reach }
  /** Answer with this frame and do nothing else (a ping, a hint). */
  | { readonly type: 'answer'; readonly frame: string }
  /** The wire ignores such frames. */
  | { readonly type: 'nothing' };

/** How a stream was resumed: everything after the given sequence came first, or there is too much or it is gone. */
export type Resumed =
  | { readonly outcome: 'replayed'; readonly count: number; readonly head: number }
  | { readonly outcome: 'reset'; readonly head: number; readonly floor: number }
  | { readonly outcome: 'refused'; readonly fault: Fault };

/** What an intent led to; the wire says it in its own words, or not at all. */
export type Result =
  | { readonly type: 'session.authenticate'; readonly principal: AccountPrincipal; readonly expiresAt: string }
  | { readonly type: 'token.renew'; readonly expiresAt: string }
  | {
      readonly type: 'message.send';
      readonly message: Message;
      readonly channel: ChannelSnapshot;
      readonly inboxSequence: number | null;
      readonly repeated: boolean;
      /** How many connected accounts it reached, the sender not counted (but for a note to itself); where the intent asked. */
      readonly reached?: number;
    }
  | { readonly type: 'typing.start' }
  | { readonly type: 'channel.attach'; readonly channel: ChannelSnapshot; readonly resumed: Resumed }
  | { readonly type: 'channel.detach' }
  | {
      readonly type: 'session.resume';
      readonly inbox: Resumed | null;
      readonly channels: ReadonlyMap<ChannelId, Resumed>;
    }
  | { readonly type: 'receipt.record'; readonly sequence: number }
  /** `others`: everybody else who is online there. What changes from now on follows as facts. */
  | { readonly type: 'peer.register'; readonly peer: Peer; readonly others: readonly Peer[] };

/** What a frame was about, so that an answer can be matched with it (v1: the JSON-RPC id). Old wires have none. */
export type RequestId = string | number | null;
