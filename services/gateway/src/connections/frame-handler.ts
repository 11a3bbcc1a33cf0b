import { Fault } from '@parley/contracts';
import type { Decoded } from '../protocol/dialect.js';
import { acknowledge } from '../inbox/acknowledgements.js';
import { takeUnmetered, take } from '../limits/token-bucket.js';
import { openConnection } from './opening.js';
import { startInbox } from '../inbox/inbox-subscription.js';
import type { Connection } from './connection.js';
import { createCommandQueue, queueKeyOf } from './command-queue.js';

/** A frame: kept while its sender is let in, the one that signs in, or an intent to be executed. */
export const handleFrame = (connection: Connection, text: string): void => {
  if (connection.adapter.delaysBursts && connection.phase !== 'unauthenticated') handleDelayed(connection, text);
  else if (connection.phase === 'opening') keepEarly(connection, text);
  else if (connection.phase === 'unauthenticated') void openConnection(connection, text);
  else handleNow(connection, text);
};

const handleNow = (connection: Connection, text: string): void => {
  const { ground } = connection;
  const refusal = take(connection, ground.limits, ground.clock()) ?? takeOfAccount(connection);
  if (refusal === 'flooding') return connection.close({ code: 1008, reason: 'Too many frames' });
  handleDecoded(connection, text, refusal);
};

const handleDecoded = (
  connection: Connection,
  text: string,
  refusal: { readonly retryAfterMs: number } | null,
): void => {
  const { ground, adapter } = connection;
  let decoded: Decoded;
  try {
    decoded = adapter.decode(text, connection);
  } catch (error) {
    return connection.refuseFrame(error, null);
  }
  const isFree = decoded.command.type === 'inbox.acknowledge' && takeUnmetered(connection, refusal);
  if (isFree && !refusal) ground.accountBudget.giveBack(connection.principal.accountId);
  if (refusal && !isFree) {
    ground.counters.throttled.too_many_frames += 1;
    const fault = new Fault('rate_limited', 'too_many_frames', 'Too many frames', refusal);
    return connection.refuseFrame(fault, decoded.requestId);
  }
  enqueue(connection, decoded);
};

/** The account's budget covers all its connections and its REST calls. */
const takeOfAccount = ({ ground, principal }: Connection): { readonly retryAfterMs: number } | null => {
  const retryAfterMs = ground.accountBudget.take(principal.accountId);
  return retryAfterMs === null ? null : { retryAfterMs };
};

const enqueue = (connection: Connection, { command, requestId, traceparent }: Decoded): void => {
  // The first frame is the one that may resume the inbox; with any other it is heard from now on.
  const resumes = command.type === 'session.resume' && command.inbox !== undefined;
  if (connection.inboxFrom !== null && !resumes) startInbox(connection);
  if (command.type === 'nothing') return;
  if (command.type === 'answer') return connection.send(command.frame);
  if (command.type === 'inbox.acknowledge') return acknowledge(connection, command.reference);
  connection.commands ??= createCommandQueue(connection);
  const receivedAt = connection.ground.clock();
  if (connection.commands.push(queueKeyOf(command), { command, requestId, receivedAt, traceparent })) return;
  connection.ground.counters.throttled.too_many_pending += 1;
  const fault = new Fault('rate_limited', 'too_many_pending', 'Too much is waiting', { retryAfterMs: 1_000 });
  connection.refuseFrame(fault, requestId);
};

/** Between two looks whether there is room again. */
const releaseMs = 50;
/** What may have been read from a socket before reading stops, besides one frame. */
const heldBytesExtra = 256 * 1024;

/** A frame for which there is room is handled; others wait in their order, and nothing more is read until they were handled. */
const handleDelayed = (connection: Connection, text: string): void => {
  if (!connection.held && connection.phase === 'open' && takeRoom(connection))
    return handleDecoded(connection, text, null);
  const held = (connection.held ??= { frames: [], bytes: 0 });
  held.frames.push(text);
  held.bytes += Buffer.byteLength(text);
  if (held.bytes > connection.ground.limits.frameBytesMax + heldBytesExtra) {
    return connection.close({ code: 1009, reason: 'Too much at once' });
  }
  connection.socket.pauseReading();
  if (connection.phase === 'open' && connection.releaseAt === Infinity) releaseLater(connection);
};

/** Handles the frames that wait, as far as there is room; reads on when none is left. */
export const releaseHeld = (connection: Connection): void => {
  const { held } = connection;
  connection.releaseAt = Infinity;
  while (held && held.frames.length > 0 && connection.isLive) {
    if (!takeRoom(connection)) return releaseLater(connection);
    const text = held.frames.shift() ?? '';
    held.bytes -= Buffer.byteLength(text);
    handleDecoded(connection, text, null);
  }
  connection.readOn();
};

const releaseLater = (connection: Connection): void => {
  connection.releaseAt = connection.ground.clock() + releaseMs;
  connection.schedule();
};

const takeRoom = (connection: Connection): boolean => {
  const { ground, commands } = connection;
  if (commands && commands.depth >= ground.timings.pendingCommandsMax) return false;
  if (take(connection, ground.limits, ground.clock()) !== null) return false;
  if (takeOfAccount(connection) === null) return true;
  connection.tokens += 1;
  return false;
};

const keepEarly = (connection: Connection, text: string): void => {
  const { earlyFramesMax, earlyBytesMax } = connection.ground.timings;
  connection.early ??= [];
  connection.early.push(text);
  connection.earlyBytes += Buffer.byteLength(text);
  if (connection.early.length > earlyFramesMax)
    connection.close({ code: 1008, reason: 'Too many frames before the answer' });
  else if (connection.earlyBytes > earlyBytesMax)
    connection.close({ code: 1009, reason: 'Too much before the answer' });
};
