import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@parley/contracts';
import type { LimitFunction } from 'p-limit';
import type { Resumed } from '../protocol/dialect.js';
import { frameOf } from '../broadcast/frames.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { Timings } from '../timing/timings.js';
import type { Page, SequencedEvent } from './sequencer.js';
import type { Connection } from '../connections/connection.js';
import type { Stream } from './stream.js';

const pollMs = 20;

export interface CatchUpDeps {
  readonly writeBuffer: WriteBuffer;
  /** How many streams are read at once, over all connections. */
  readonly reads: LimitFunction;
  readonly timings: Timings;
}

export interface CatchUpOptions {
  readonly isWanted?: () => boolean;
  /** Told how far it has come. */
  readonly onPage?: (position: number) => void;
}

/**
 * Brings one session from a sequence to where the stream is, page by page, and lets it join there. Whether it has arrived is
 * asked in the same turn in which it joins, so nothing falls between; until then it hears nothing of the stream otherwise.
 * One that is not wanted any more, because it was left or begun anew, ends with a fault.
 */
export const catchUp = async (
  { writeBuffer, reads, timings }: CatchUpDeps,
  connection: Connection,
  stream: Stream,
  after: number,
  { isWanted = () => connection.accepts(stream), onPage }: CatchUpOptions = {},
): Promise<Resumed> => {
  stream.leave(connection);
  let position = after;
  let count = 0;
  for (let first = true; position !== stream.sequencer.delivered; first = false) {
    const page = await reads(() => stream.read(position));
    if (!isWanted()) throw gone();
    if (first && isTooFar(page, after, timings.replayMax)) {
      const { head, floor } = page;
      connection.ground.counters.resets += 1;
      joinAt(stream, connection, stream.sequencer.delivered ?? head);
      return { outcome: 'reset', head, floor };
    }
    count += replay(connection, stream, page.entries, (frame) => writeBuffer.send(connection, frame));
    position = page.more ? (page.entries.at(-1)?.sequence ?? page.head) : Math.max(page.head, position);
    onPage?.(position);
    // A read may know of more than was told yet: then those who are told leave this one out.
    if (!page.more && position >= (stream.sequencer.delivered ?? 0)) break;
    await drained(connection, timings);
    if (!isWanted()) throw gone();
  }
  joinAt(stream, connection, position);
  return { outcome: 'replayed', count, head: position };
};

/** The owner was asked after the subscription: where its answer ends, the stream may begin, if nobody could tell before. */
const joinAt = (stream: Stream, connection: Connection, position: number): void => {
  stream.join(connection, connection.adapter, position);
  stream.sequencer.start(position);
};

const isTooFar = ({ head, floor }: Page, after: number, replayMax: number): boolean =>
  after > head || after < floor || head - after > replayMax;

/** How many entries; those that the wire has no word for count too. */
const replay = (
  connection: Connection,
  stream: Stream,
  entries: readonly SequencedEvent[],
  send: (frame: Buffer) => void,
): number => {
  for (const { event } of entries) {
    const encoded = connection.adapter.encodeEvent(event, stream.isChannel ? null : connection.principal);
    const isAccepted = encoded && encoded.except !== connection.id && encoded.accepts?.(connection) !== false;
    if (isAccepted) send(frameOf(encoded.frame));
    if (!stream.isChannel) connection.ground.deliveries.note(connection, event);
  }
  return entries.length;
};

/** A client that reads slowly is replayed to slowly; one that takes nothing for as long as a slow one may be behind is closed. */
const drained = async (connection: Connection, { drainedBytes, softMs }: Timings): Promise<void> => {
  let least = connection.pendingBytes;
  let progressAt = performance.now();
  while (connection.pendingBytes > drainedBytes && connection.isLive) {
    await sleep(pollMs);
    const bytes = connection.pendingBytes;
    if (bytes < least) progressAt = performance.now();
    else if (performance.now() - progressAt > softMs) connection.tooSlow();
    least = Math.min(least, bytes);
  }
};

const gone = (): Fault => new Fault('forbidden', 'detached', 'The channel was left meanwhile');
