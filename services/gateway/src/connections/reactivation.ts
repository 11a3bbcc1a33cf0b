import { asFault } from '@parley/contracts';
import type { SocketAdapter } from '../protocol/dialect.js';
import { subscribeAll } from './opening.js';
import { startInbox } from '../inbox/inbox-subscription.js';
import type { Connection } from './connection.js';

/**
 * The newer connection that heard in its place is gone. Channels are heard from now on; the inbox from where it was written to a
 * connection, because while nobody heard, which may be seconds, messages were kept.
 */
export const reactivate = (connection: Connection): void => {
  const { ground, adapter } = connection;
  for (const stream of ground.attachments.streamsOf(connection)) ground.attachments.joinNow(connection, stream);
  const turn = (connection.inboxTurn += 1);
  const isWanted = (): boolean => connection.isLive && !connection.superseded && connection.inboxTurn === turn;
  if (adapter.onReactivated)
    reactivateFrom(connection, adapter.onReactivated, isWanted).catch((error: unknown) => failed(connection, error));
  else receiveFrom(connection, undefined);
};

const reactivateFrom = async (
  connection: Connection,
  onReactivated: Required<SocketAdapter>['onReactivated'],
  isWanted: () => boolean,
): Promise<void> => {
  const { ground, principal } = connection;
  // What the newer one was given is told first, so that it is not written twice.
  await ground.deliveries.reportedSoFar();
  if (!isWanted()) return;
  const { attach, inboxAfter } = await onReactivated({ core: ground.core, principal });
  if (!isWanted()) return;
  receiveFrom(connection, inboxAfter);
  // What its account joined while it did not hear.
  const joined = attach.filter(({ id }) => !connection.attached.has(id));
  for (const stream of await subscribeAll(connection, joined)) {
    if (connection.accepts(stream)) ground.attachments.joinNow(connection, stream);
  }
};

const receiveFrom = (connection: Connection, after: number | undefined): void => {
  connection.inboxFrom = after ?? connection.inbox?.sequencer.delivered ?? null;
  startInbox(connection);
};

/** Its client comes back, and finds everything. */
const failed = (connection: Connection, error: unknown): void => {
  const { reason } = asFault(error);
  connection.ground.log.warn({ connectionId: connection.id, reason }, 'A connection could not hear again');
  connection.close({ code: 1013, reason: 'come back and resume' });
};
