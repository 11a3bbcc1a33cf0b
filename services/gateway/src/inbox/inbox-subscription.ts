import { Fault, asFault } from '@parley/contracts';
import type { Resumed } from '../protocol/dialect.js';
import type { Connection } from '../connections/connection.js';

/** Brings the own inbox up to date from a sequence that the client names. When that fails it is tried again from there. */
export const resumeInbox = async (connection: Connection, after: number): Promise<Resumed> => {
  const { ground, inbox } = connection;
  if (!inbox) throw new Fault('unavailable', 'no_inbox', 'The inbox is not there yet', { retryAfterMs: 1_000 });
  const turn = (connection.inboxTurn += 1);
  const isWanted = (): boolean => connection.inboxTurn === turn && !connection.superseded;
  connection.inboxFrom = null;
  connection.inboxAt = Infinity;
  let reached = after;
  const onPage = (position: number): void => void (reached = position);
  try {
    return await ground.attachments.catchUpInbox(connection, inbox, after, { isWanted, onPage });
  } catch (error) {
    if (isWanted() && connection.isLive) {
      // What it was given before the failure is not given again.
      connection.inboxFrom = reached;
      connection.inboxAt = ground.clock() + ground.timings.inboxRetryMs * (0.5 + Math.random());
      connection.schedule();
    }
    throw error;
  }
};

/** Nobody resumed it: it is heard from where the connection came in. */
export const startInbox = (connection: Connection): void => {
  const { inboxFrom: from, inbox, ground } = connection;
  if (from === null || !inbox || connection.superseded) return;
  resumeInbox(connection, from).catch((error: unknown) => {
    const { reason } = asFault(error);
    // The client resumed it meanwhile, or left.
    if (reason === 'detached') return;
    ground.log.warn({ connectionId: connection.id, reason }, 'The inbox could not be read');
  });
};
