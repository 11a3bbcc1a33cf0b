import type { BusEventNamed, ChannelId, ChannelSnapshot } from '@parley/contracts';
import type { Subscriber } from '../broadcast/buffered-socket.js';
import type { SocketAdapter } from '../protocol/dialect.js';

/** What has to be known of a join to deliver the channel from that moment on. */
export interface Joining {
  readonly channel: Pick<ChannelSnapshot, 'id' | 'kind'>;
  readonly member: { readonly joinedAt: string };
}

/** A connection, as far as streams are concerned. */
export interface StreamMember extends Subscriber {
  readonly adapter: SocketAdapter;
  readonly isLive: boolean;
  /** A newer connection of its account receives instead of it. */
  readonly isSuspended: boolean;
  /** Adds a channel to `attached`, or replaces its snapshot. */
  list(channel: ChannelSnapshot): void;
  /** Whether the channel was attached. */
  unlist(channelId: ChannelId): boolean;
  /** Its account may not read the channel any more. */
  onRemoved(removed: BusEventNamed<'member.removed'>): void;
  /** Its account joined a channel, which it may receive from then on. */
  follow(joined: Joining): void;
  /** `release` is called when the connection closes; at once if it is closed already. */
  own(room: { release(connection: StreamMember): void }): void;
}
