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
  if (session.wire.delaysBursts && session.phase !== 'unproven') receiveDelayed(session, text);
  else if (session.phase === 'arriving') keepEarly(session, text);
  else if (session.phase === 'unproven') void letIn(session, text);
  else understand(session, text);
};

const understand = (session: LiveSession, text: string): void => {
  const { ground } = session;
  const allowed = take(session, ground.limits, ground.clock()) ?? takeOfAccount(session);
  if (allowed === 'grossly') return session.close({ code: 1008, reason: 'Too many frames' });
  handle(session, text, allowed);
};

const handle = (session: LiveSession, text: string, allowed: { readonly retryAfterMs: number } | null): void => {
  const { ground, wire } = session;
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

/** Between two looks whether there is room again. */
const releaseMs = 50;
/** What may have been read from a socket before reading stops, besides one frame. */
const heldBytesExtra = 256 * 1024;

/** A frame for which there is room is handled; others wait in their order, and nothing more is read until they were handled. */
const receiveDelayed = (session: LiveSession, text: string): void => {
  if (!session.held && session.phase === 'open' && takeRoom(session)) return handle(session, text, null);
  const held = (session.held ??= { frames: [], bytes: 0 });
  held.frames.push(text);
  held.bytes += Buffer.byteLength(text);
  if (held.bytes > session.ground.limits.frameBytesMax + heldBytesExtra) {
    return session.close({ code: 1009, reason: 'Too much at once' });
  }
  session.socket.pauseReading();
  if (session.phase === 'open' && session.releaseAt === Infinity) releaseLater(session);
};

/** Handles the frames that wait, as far as there is room; reads on when none is left. */
export const releaseHeld = (session: LiveSession): void => {
  const { held } = session;
  session.releaseAt = Infinity;
  while (held && held.frames.length > 0 && session.isLive) {
    if (!takeRoom(session)) return releaseLater(session);
    const text = held.frames.shift() ?? '';
    held.bytes -= Buffer.byteLength(text);
    handle(session, text, null);
  }
  session.readOn();
};

const releaseLater = (session: LiveSession): void => {
  session.releaseAt = session.ground.clock() + releaseMs;
  session.schedule();
};

const takeRoom = (session: LiveSession): boolean => {
  const { ground, lanes } = session;
  if (lanes && lanes.depth >= ground.pace.pendingIntentsMax) return false;
  if (take(session, ground.limits, ground.clock()) !== null) return false;
  if (takeOfAccount(session) === null) return true;
  session.tokens += 1;
  return false;
};

const keepEarly = (session: LiveSession, text: string): void => {
  const { earlyFramesMax, earlyBytesMax } = session.ground.pace;
  session.early ??= [];
  session.early.push(text);
  session.earlyBytes += Buffer.byteLength(text);
  if (session.early.length > earlyFramesMax) session.close({ code: 1008, reason: 'Too many frames before the answer' });
  else if (session.earlyBytes > earlyBytesMax) session.close({ code: 1009, reason: 'Too much before the answer' });
};
