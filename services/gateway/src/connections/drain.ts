import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { LiveConnections } from './live-connections.js';

export interface DrainOptions {
  readonly writeBuffer: WriteBuffer;
  /** The time over which connections leave. */
  readonly withinMs: number;
  /** How long one connection may take to close. */
  readonly closeMs: number;
}

export const restart = { code: 1012, reason: 'restarting: come back and resume' };

const tickMs = 20;
const graceMsMax = 500;

/**
 * Gives each connection its own time to leave, evenly spread, so that clients reconnect elsewhere at a constant rate. Where the dialect
 * has a goaway frame, the client receives that time and leaves by itself; the gateway closes a connection that is still open a little
 * later. Never earlier: a client that was asked to reconnect in eight seconds and is closed after one has no connection for seven.
 */
export const drainAll = async (
  connections: Pick<LiveConnections, 'size' | 'values'>,
  { writeBuffer, withinMs, closeMs }: DrainOptions,
): Promise<void> => {
  const leaving = [...connections.values()];
  const graceMs = Math.min(graceMsMax, withinMs / 10);
  const everyMs = (withinMs - graceMs) / Math.max(1, leaving.length);
  const beganAt = performance.now();
  leaving.forEach((connection, index) => connection.goAway(Math.floor((index + 1) * everyMs)));
  writeBuffer.flush();

  for (let closed = 0; closed < leaving.length && connections.size > 0; await sleep(tickMs)) {
    const elapsedMs = performance.now() - beganAt - graceMs;
    for (; closed < leaving.length && (closed + 1) * everyMs <= elapsedMs; closed += 1) leaving[closed]?.close(restart);
  }
  // The connections that were closed last get the time that a close takes.
  for (let waitedMs = 0; connections.size > 0 && waitedMs < closeMs + 500; waitedMs += tickMs) await sleep(tickMs);
};
