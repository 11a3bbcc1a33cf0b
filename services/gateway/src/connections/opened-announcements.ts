import type { Bus } from '@parley/bus';
import type { BusEvent, ChannelSnapshot, ConnectionId } from '@parley/contracts';
import { channelScope, summaryOf } from '../protocol/scopes.js';
import type { Connection } from './connection.js';
import type { Room } from './owned-rooms.js';

/** Publishes to channels that a connection was opened, and when it closes that it was closed, in dialects that announce this. */
export class OpenedAnnouncements implements Room<Connection> {
  private readonly channels = new Map<ConnectionId, readonly ChannelSnapshot[]>();

  constructor(private readonly bus: Pick<Bus, 'publish'>) {}

  /** Publishes `session.opened` now. */
  opened(connection: Connection, channels: readonly ChannelSnapshot[]): void {
    this.channels.set(connection.id, channels);
    this.announce('session.opened', connection);
    connection.own(this);
  }

  /** The connection is closed. */
  release(connection: Connection): void {
    this.announce('session.closed', connection);
    this.channels.delete(connection.id);
  }

  private announce(
    name: 'session.opened' | 'session.closed',
    { id: connectionId, realm, principal }: Connection,
  ): void {
    const at = new Date().toISOString();
    for (const channel of this.channels.get(connectionId) ?? []) {
      const event: BusEvent = { name, realm, channel, account: summaryOf(principal), connectionId, at };
      this.bus.publish(event, [channelScope(channel.id)]);
    }
  }
}
