import { asFault } from '@parley/contracts';
import type { SocketWire } from '../dialects/dialect.js';
import { enterAll } from './arrival.js';
import { hearInbox } from './own-inbox.js';
import type { LiveSession } from './session.js';

/**
 * The newer connection that heard in its place is gone. Channels are heard from now on; the inbox from where it was written to a
 * connection, because while nobody heard, which may be seconds, messages were kept.
 */
export const hearAgain = (session: LiveSession): void => {
  const { ground, wire } = session;
  for (const stream of ground.attachments.streamsOf(session)) ground.attachments.joinNow(session, stream);
  const turn = (session.inboxTurn += 1);
  const isWanted = (): boolean => session.isLive && !session.displaced && session.inboxTurn === turn;
  if (wire.goesOn) goOn(session, wire.goesOn, isWanted).catch((error: unknown) => failed(session, error));
  else hearFrom(session, undefined);
};

const goOn = async (
  session: LiveSession,
  goesOn: Required<SocketWire>['goesOn'],
  isWanted: () => boolean,
): Promise<void> => {
  const { ground, principal } = session;
  // What the newer one was given is told first, so that it is not written twice.
  await ground.keeper.toldSoFar();
  if (!isWanted()) return;
  const { attach, inboxAfter } = await goesOn({ core: ground.core, principal });
  if (!isWanted()) return;
  hearFrom(session, inboxAfter);
  // What its account joined while it did not hear.
  const joined = attach.filter(({ id }) => !session.attached.has(id));
  for (const stream of await enterAll(session, joined)) {
    if (session.hears(stream)) ground.attachments.joinNow(session, stream);
  }
};

const hearFrom = (session: LiveSession, after: number | undefined): void => {
  session.inboxFrom = after ?? session.inbox?.sequencer.delivered ?? null;
  hearInbox(session);
};

/** Its client comes back, and finds everything. */
const failed = (session: LiveSession, error: unknown): void => {
  const { reason } = asFault(error);
  session.ground.log.warn({ connectionId: session.id, reason }, 'A connection could not hear again');
  session.close({ code: 1013, reason: 'come back and resume' });
};
