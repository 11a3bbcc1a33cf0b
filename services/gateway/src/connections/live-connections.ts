import type { ConnectionId, DialectName, SessionId } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import type { ConnectionView } from '../protocol/dialect.js';
import type { ConnectionMetrics } from './connection-metrics.js';
import type { Connection } from './connection.js';

/** The connections of this process, from their acceptance to the end of their sockets. */
export class LiveConnections {
  /** By dialect. */
  readonly counts = new Map<DialectName, number>();
  private readonly connections = new Map<ConnectionId, Connection>();

  constructor(private readonly counters: ConnectionMetrics) {}

  get size(): number {
    return this.connections.size;
  }

  add(connection: Connection): void {
    const { id, dialect } = connection;
    this.connections.set(id, connection);
    this.count(dialect, 1);
    this.counters.opened.set(dialect, (this.counters.opened.get(dialect) ?? 0) + 1);
  }

  remove({ id, dialect }: Connection): void {
    if (this.connections.delete(id)) this.count(dialect, -1);
  }

  values(): Iterable<Connection> {
    return this.connections.values();
  }

  /** Arrow function: streams hold it. */
  readonly authenticated = (id: ConnectionId): ConnectionView | undefined => {
    const connection = this.connections.get(id);
    return connection?.isAuthenticated ? connection : undefined;
  };

  /** A session ended, and its connections with it. */
  refuseSession(sessionId: SessionId): void {
    const fault = new Fault('unauthenticated', 'session_ended', 'This session has ended');
    for (const connection of this.connections.values()) if (connection.belongsTo(sessionId)) connection.refuse(fault);
  }

  private count(dialect: DialectName, change: number): void {
    this.counts.set(dialect, (this.counts.get(dialect) ?? 0) + change);
  }
}
