import { Fault, asFault } from '@parley/contracts';
import type { Resumed } from '../dialects/dialect.js';
import type { LiveSession } from './session.js';

/** Brings the own inbox up to date from a sequence that the client names. When that fails it is tried again from there. */
export const resumeInbox = async (session: LiveSession, after: number): Promise<Resumed> => {
  const { ground, inbox } = session;
  if (!inbox) throw new Fault('unavailable', 'no_inbox', 'The inbox is not there yet', { retryAfterMs: 1_000 });
  const turn = (session.inboxTurn += 1);
  const isWanted = (): boolean => session.inboxTurn === turn && !session.displaced;
  session.inboxFrom = null;
  session.inboxAt = Infinity;
  let reached = after;
  const onPage = (position: number): void => void (reached = position);
  try {
    return await ground.attachments.catchUpInbox(session, inbox, after, { isWanted, onPage });
  } catch (error) {
    if (isWanted() && session.isLive) {
      // What it was given before the failure is not given again.
      session.inboxFrom = reached;
      session.inboxAt = ground.clock() + ground.pace.inboxRetryMs * (0.5 + Math.random());
      session.schedule();
    }
    throw error;
  }
};

/** Nobody resumed it: it is heard from where the connection came in. */
export const hearInbox = (session: LiveSession): void => {
  const { inboxFrom: from, inbox, ground } = session;
  if (from === null || !inbox || session.displaced) return;
  resumeInbox(session, from).catch((error: unknown) => {
    const { reason } = asFault(error);
    // The client resumed it meanwhile, or left.
    if (reason === 'detached') return;
    ground.log.warn({ connectionId: session.id, reason }, 'The inbox could not be read');
  });
};
