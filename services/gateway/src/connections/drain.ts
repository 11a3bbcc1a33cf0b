import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionId } from '@parley/contracts';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { Connection } from './connection.js';

export interface DrainOptions {
  readonly writeBuffer: WriteBuffer;
  /** Over which connections leave. */
  readonly withinMs: number;
  /** How long closing one may take. */
  readonly closeMs: number;
}

export const restart = { code: 1012, reason: 'restarting: come back and resume' };

const tickMs = 20;
const graceMsMax = 500;

/**
 * Gives each connection a moment of its own, evenly spread: as many come back elsewhere in every second. Whoever has a word for it
 * is told the moment and goes by itself; who is still there a little later is closed. Never before: a client that was told to come
 * back in eight seconds and is closed after one is without a connection for seven.
 */
export const drainAll = async (
  connections: ReadonlyMap<ConnectionId, Connection>,
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
  // Those that were closed last get the time that a close takes.
  for (let waitedMs = 0; connections.size > 0 && waitedMs < closeMs + 500; waitedMs += tickMs) await sleep(tickMs);
};
