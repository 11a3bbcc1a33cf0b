import type { BusEvent, BusEventNamed, ChannelId, ChannelSnapshot } from '@parley/contracts';
import type { Subscriber } from '../broadcast/buffered-socket.js';
import type { SocketAdapter } from '../protocol/dialect.js';

/** What must be known of a join to deliver the channel from that moment on. */
export interface Joining {
  readonly channel: Pick<ChannelSnapshot, 'id' | 'kind'>;
  readonly member: { readonly joinedAt: string };
}

/** A connection, as streams see it. */
export interface StreamMember extends Subscriber {
  readonly adapter: SocketAdapter;
  readonly isLive: boolean;
  /** A newer connection of its account receives instead of it. */
  readonly isSuspended: boolean;
  /** Adds a channel to `attached`, or replaces its snapshot. */
  list(channel: ChannelSnapshot): void;
  /** Returns whether the channel was attached. */
  unlist(channelId: ChannelId): boolean;
  /** Its account may not read the channel any more. */
  onRemoved(removed: BusEventNamed<'member.removed'>): void;
  /** An event of its account that has no sequence, while the connection does not receive the inbox yet. */
  onAccountEvent(event: BusEvent): void;
  /** Its account joined a channel, which it may receive from then on. */
  follow(joined: Joining): void;
  /** Calls `release` when the connection closes; immediately if it is closed already. */
  own(room: { release(connection: StreamMember): void }): void;
}
