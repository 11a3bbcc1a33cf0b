import type { ChannelId, Message, Realm } from '@parley/contracts';
import type { Draft, Stored } from '../domain/message.js';

/** A draft in its serialized form, made once so that a group can be measured before it is sent to the store. */
export interface Prepared {
  readonly draft: Draft;
  readonly json: string;
  readonly bytes: number;
}

export interface Range {
  readonly channelId: ChannelId;
  readonly realm: Realm;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
  /** The page ends before the message that would exceed this, but has at least one. */
  readonly bytesMax: number;
}

export interface Page {
  readonly messages: Message[];
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

export interface Messages {
  prepare(draft: Draft): Prepared;
  /** Commits a group in its order and resolves with results in that order. Safe to repeat: client ids identify stored messages. */
  append(group: readonly Prepared[]): Promise<Stored[]>;
  /** Null: the channel's stream is in another realm. */
  list(range: Range): Promise<Page | null>;
}
