import type { NatsConnection } from 'nats';
import type { Connection } from './connection.js';

/**
 * Resolves when the server has processed everything sent before. A gateway subscribes thousands of scopes at once, so one round trip serves
 * all callers of a turn of the event loop, and those that come while one is on its way share the next. While the connection is down there is
 * nothing to wait for: the client restores all subscriptions when it reconnects.
 */
export const createFlush = (nc: NatsConnection, connection: Connection): (() => Promise<void>) => {
  /** A closed client never settles its pending flushes. */
  const pending = new Set<() => void>();
  // Not a race with `closed()` for each flush: a promise keeps everything that waits for it, and this one settles at the end.
  void nc.closed().then(() => {
    for (const end of pending) end();
  });
  const roundTrip = (): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        pending.delete(end);
        resolve();
      };
      pending.add(end);
      // Rejects when the connection was lost meanwhile, which `watch` reports.
      nc.flush().then(end, end);
    });

  let onTheWay = Promise.resolve();
  let next: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    await new Promise(setImmediate);
    await onTheWay;
    next = undefined;
    if (!connection.connected || nc.isClosed()) return;
    await (onTheWay = roundTrip());
  };
  return () => (next ??= flush());
};
