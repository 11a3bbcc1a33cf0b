import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@parley/contracts';
import type { LimitFunction } from 'p-limit';
import type { Resumed } from '../dialects/dialect.js';
import { frameOf } from '../edge/frames.js';
import type { Outbox } from './outbox.js';
import type { Pace } from './pace.js';
import type { Page, Placed } from './sequencer.js';
import type { LiveSession } from './session.js';
import type { Stream } from './stream.js';

const pollMs = 20;

export interface CatchUpDeps {
  readonly outbox: Outbox;
  /** How many streams are read at once, over all connections. */
  readonly reads: LimitFunction;
  readonly pace: Pace;
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
  { outbox, reads, pace }: CatchUpDeps,
  session: LiveSession,
  stream: Stream,
  after: number,
  { isWanted = () => session.hears(stream), onPage }: CatchUpOptions = {},
): Promise<Resumed> => {
  stream.part(session);
  let position = after;
  let count = 0;
  for (let first = true; position !== stream.sequencer.delivered; first = false) {
    const page = await reads(() => stream.read(position));
    if (!isWanted()) throw gone();
    if (first && isTooFar(page, after, pace.replayMax)) {
      const { head, floor } = page;
      session.ground.counts.resets += 1;
      joinAt(stream, session, stream.sequencer.delivered ?? head);
      return { outcome: 'reset', head, floor };
    }
    count += replay(session, stream, page.entries, (frame) => outbox.send(session, frame));
    position = page.more ? (page.entries.at(-1)?.sequence ?? page.head) : Math.max(page.head, position);
    onPage?.(position);
    // A read may know of more than was told yet: then those who are told leave this one out.
    if (!page.more && position >= (stream.sequencer.delivered ?? 0)) break;
    await drained(session, pace);
    if (!isWanted()) throw gone();
  }
  joinAt(stream, session, position);
  return { outcome: 'replayed', count, head: position };
};

/** The owner was asked after the subscription: where its answer ends, the stream may begin, if nobody could tell before. */
const joinAt = (stream: Stream, session: LiveSession, position: number): void => {
  stream.join(session, session.wire, position);
  stream.sequencer.start(position);
};

const isTooFar = ({ head, floor }: Page, after: number, replayMax: number): boolean =>
  after > head || after < floor || head - after > replayMax;

/** How many entries; those that the wire has no word for count too. */
const replay = (
  session: LiveSession,
  stream: Stream,
  entries: readonly Placed[],
  send: (frame: Buffer) => void,
): number => {
  for (const { fact } of entries) {
    const encoded = session.wire.encodeFact(fact, stream.isChannel ? null : session.principal);
    const isHeard = encoded && encoded.except !== session.id && encoded.hears?.(session) !== false;
    if (isHeard) send(frameOf(encoded.frame));
    if (!stream.isChannel) session.ground.keeper.note(session, fact);
  }
  return entries.length;
};

/** A client that reads slowly is replayed to slowly; one that takes nothing for as long as a slow one may be behind is closed. */
const drained = async (session: LiveSession, { drainedBytes, softMs }: Pace): Promise<void> => {
  let least = session.pendingBytes;
  let progressAt = performance.now();
  while (session.pendingBytes > drainedBytes && session.isLive) {
    await sleep(pollMs);
    const bytes = session.pendingBytes;
    if (bytes < least) progressAt = performance.now();
    else if (performance.now() - progressAt > softMs) session.tooSlow();
    least = Math.min(least, bytes);
  }
};

const gone = (): Fault => new Fault('forbidden', 'detached', 'The channel was left meanwhile');
