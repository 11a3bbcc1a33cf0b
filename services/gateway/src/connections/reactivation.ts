import { asFault } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';
import type { DeliveryTracker } from '../inbox/delivery-tracker.js';
import type { SocketAdapter } from '../protocol/dialect.js';
import type { Attachments } from '../streams/attachments.js';
import { receives } from '../streams/replay.js';
import type { Connection } from './connection.js';
import { subscribeAll } from './opening.js';

export interface ReactivationDeps {
  readonly core: Core;
  readonly log: Log;
  readonly attachments: Attachments;
  readonly deliveries: DeliveryTracker;
}

/**
 * Lets a suspended connection receive again, after the newer one closed. It receives channels from now on; the inbox, from the last
 * message that was written to a connection: messages that arrived while no connection received, which may be for seconds, are kept.
 */
export const reactivate = (deps: ReactivationDeps, connection: Connection): void => {
  const { adapter, inbox } = connection;
  for (const stream of deps.attachments.streamsOf(connection)) deps.attachments.joinNow(connection, stream);
  const attempt = inbox?.begin();
  const isWanted = (): boolean =>
    connection.isLive && attempt !== undefined && connection.inbox?.isCurrent(attempt) === true;
  if (!adapter.onReactivated) return inbox?.startFrom(undefined);
  reactivateFrom(deps, connection, adapter.onReactivated, isWanted).catch((error: unknown) => {
    const { reason } = asFault(error);
    deps.log.warn({ connectionId: connection.id, reason }, 'A connection could not receive again');
    // The client reconnects, and misses nothing.
    connection.close({ code: 1013, reason: 'come back and resume' });
  });
};

const reactivateFrom = async (
  { core, attachments, deliveries }: ReactivationDeps,
  connection: Connection,
  onReactivated: Required<SocketAdapter>['onReactivated'],
  isWanted: () => boolean,
): Promise<void> => {
  // What the newer connection received is reported first, so that it is not written twice.
  await deliveries.reportedSoFar();
  if (!isWanted()) return;
  const { attach, inboxAfter } = await onReactivated({ core, principal: connection.principal });
  if (!isWanted()) return;
  connection.inbox?.startFrom(inboxAfter);
  // Channels that the account joined while the connection was suspended.
  const joined = attach.filter(({ id }) => !connection.attached.has(id));
  for (const stream of await subscribeAll(attachments, connection, joined)) {
    if (receives(connection, stream)) attachments.joinNow(connection, stream);
  }
};
