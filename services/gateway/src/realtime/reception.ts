import { Fault } from '@parley/contracts';
import type { Decoded } from '../dialects/dialect.js';
import { acknowledge } from './acknowledgements.js';
import { isOwed, take } from './allowance.js';
import { letIn } from './arrival.js';
import { hearInbox } from './own-inbox.js';
import type { LiveSession } from './session.js';
import { createWork, laneOf } from './work.js';

/** A frame: kept while its sender is let in, the one that signs in, or an intent to be executed. */
export const receive = (session: LiveSession, text: string): void => {
  if (session.phase === 'arriving') keepEarly(session, text);
  else if (session.phase === 'unproven') void letIn(session, text);
  else understand(session, text);
};

const understand = (session: LiveSession, text: string): void => {
  const { ground, wire } = session;
  const allowed = take(session, ground.limits, ground.clock()) ?? takeOfAccount(session);
  if (allowed === 'grossly') return session.close({ code: 1008, reason: 'Too many frames' });
  let decoded: Decoded;
  try {
    decoded = wire.decode(text, session);
  } catch (error) {
    return session.refuseFrame(error, null);
  }
  const isFree = decoded.intent.do === 'inbox.acknowledge' && isOwed(session, allowed);
  if (isFree && !allowed) ground.accountBudget.giveBack(session.principal.accountId);
  if (allowed && !isFree) {
    ground.counts.throttled.too_many_frames += 1;
    const fault = new Fault('rate_limited', 'too_many_frames', 'Too many frames', allowed);
    return session.refuseFrame(fault, decoded.about);
  }
  enqueue(session, decoded);
};

/** The account's budget covers all its connections and its REST calls. */
const takeOfAccount = ({ ground, principal }: LiveSession): { readonly retryAfterMs: number } | null => {
  const retryAfterMs = ground.accountBudget.take(principal.accountId);
  return retryAfterMs === null ? null : { retryAfterMs };
};

const enqueue = (session: LiveSession, { intent, about, traceparent }: Decoded): void => {
  // The first frame is the one that may resume the inbox; with any other it is heard from now on.
  const resumes = intent.do === 'session.resume' && intent.inbox !== undefined;
  if (session.inboxFrom !== null && !resumes) hearInbox(session);
  if (intent.do === 'nothing') return;
  if (intent.do === 'answer') return session.send(intent.frame);
  if (intent.do === 'inbox.acknowledge') return acknowledge(session, intent.reference);
  session.lanes ??= createWork(session);
  const arrivedAt = session.ground.clock();
  if (session.lanes.push(laneOf(intent), { intent, about, arrivedAt, traceparent })) return;
  session.ground.counts.throttled.too_many_pending += 1;
  const fault = new Fault('rate_limited', 'too_many_pending', 'Too much is waiting', { retryAfterMs: 1_000 });
  session.refuseFrame(fault, about);
};

const keepEarly = (session: LiveSession, text: string): void => {
  const { earlyFramesMax, earlyBytesMax } = session.ground.pace;
  session.early ??= [];
  session.early.push(text);
  session.earlyBytes += Buffer.byteLength(text);
  if (session.early.length > earlyFramesMax) session.close({ code: 1008, reason: 'Too many frames before the answer' });
  else if (session.earlyBytes > earlyBytesMax) session.close({ code: 1009, reason: 'Too much before the answer' });
};
