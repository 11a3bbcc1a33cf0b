import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@parley/contracts';
import type { AccountPrincipal, SequencedBusEvent } from '@parley/contracts';
import type { Resumed } from '../protocol/command.js';
import { encodeEvent } from '../broadcast/encode-event.js';
import type { EncodingObserver } from '../broadcast/encode-event.js';
import { frameOf } from '../broadcast/frames.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { Encoded, SocketAdapter } from '../protocol/dialect.js';
import type { Timings } from '../timing/timings.js';
import type { Page, SequencedEvent } from './sequencer.js';
import type { StreamMember } from './member.js';
import type { ReadPage } from './shared-reads.js';
import type { Stream } from './stream.js';

const pollMs = 20;

export interface CatchUpDeps {
  readonly writeBuffer: WriteBuffer;
  readonly read: ReadPage;
  readonly timings: Timings;
  readonly observer: EncodingObserver;
  /** An entry of its inbox was replayed to the member, written or not. */
  onInboxReplayed(member: StreamMember, event: SequencedBusEvent): void;
  /** A client has to start anew. */
  onReset(): void;
}

export interface CatchUpOptions {
  readonly isWanted?: () => boolean;
  /** Called after each page with the sequence that was reached. */
  readonly onPage?: (position: number) => void;
}

/** Whether the stream is to be delivered to this connection now. */
export const receives = (member: StreamMember, stream: Stream): boolean =>
  member.isLive && !member.isSuspended && stream.attached.has(member);

/**
 * Replays the stream to one connection from a sequence up to its delivered position, page by page, and joins it there. The last
 * comparison and the join happen in the same turn of the event loop, so no event is missed in between; until then the connection
 * receives no other entries of the stream. Throws if the replay is not wanted any more: the channel was detached, or a new one began.
 */
export const catchUp = async (
  deps: CatchUpDeps,
  member: StreamMember,
  stream: Stream,
  after: number,
  { isWanted = () => receives(member, stream), onPage }: CatchUpOptions = {},
): Promise<Resumed> => {
  const { read, timings } = deps;
  stream.leave(member);
  let position = after;
  let count = 0;
  for (let first = true; position !== stream.sequencer.delivered; first = false) {
    const page = await read(stream, position);
    if (!isWanted()) throw gone();
    if (first && isTooFar(page, after, timings.replayMax)) {
      const { head, floor } = page;
      deps.onReset();
      joinAt(stream, member, stream.sequencer.delivered ?? head);
      return { outcome: 'reset', head, floor };
    }
    count += replay(deps, member, stream, page.entries);
    position = page.more ? (page.entries.at(-1)?.sequence ?? page.head) : Math.max(page.head, position);
    onPage?.(position);
    // A read may be ahead of the events that were delivered: the stream then skips this member up to `position`.
    if (!page.more && position >= (stream.sequencer.delivered ?? 0)) break;
    await drained(member, timings);
    if (!isWanted()) throw gone();
  }
  joinAt(stream, member, position);
  return { outcome: 'replayed', count, head: position };
};

/** The page was read after the subscription, so a stream whose head was unknown may begin where the page ends. */
const joinAt = (stream: Stream, member: StreamMember, position: number): void => {
  stream.join(member, member.adapter, position);
  stream.sequencer.start(position);
};

const isTooFar = ({ head, floor }: Page, after: number, replayMax: number): boolean =>
  after > head || after < floor || head - after > replayMax;

/** Returns the number of entries, including those that the dialect does not encode. */
const replay = (
  { writeBuffer, observer, onInboxReplayed }: CatchUpDeps,
  member: StreamMember,
  stream: Stream,
  entries: readonly SequencedEvent[],
): number => {
  for (const { event } of entries) {
    const made = stream.isChannel
      ? sharedFrame(member.adapter, event, observer)
      : frameFor(member.adapter, event, member.principal, observer);
    const isAccepted = made && made.encoded.except !== member.id && made.encoded.accepts?.(member) !== false;
    if (isAccepted) writeBuffer.send(member.output, made.bytes);
    if (!stream.isChannel) onInboxReplayed(member, event);
  }
  return entries.length;
};

interface Frame {
  readonly encoded: Encoded;
  readonly bytes: Buffer;
}

const frameFor = (
  adapter: SocketAdapter,
  event: SequencedBusEvent,
  owner: AccountPrincipal | null,
  observer: EncodingObserver,
): Frame | null => {
  const encoded = encodeEvent(adapter, event, owner, observer);
  return encoded && { encoded, bytes: frameOf(encoded.frame) };
};

/** Of events of channels, which members of one dialect receive as the same bytes. */
const sharedFrames = new WeakMap<SequencedBusEvent, Map<SocketAdapter, Frame | null>>();

const sharedFrame = (adapter: SocketAdapter, event: SequencedBusEvent, observer: EncodingObserver): Frame | null => {
  const frames = sharedFrames.get(event) ?? new Map<SocketAdapter, Frame | null>();
  sharedFrames.set(event, frames);
  const known = frames.get(adapter);
  if (known !== undefined) return known;
  const made = frameFor(adapter, event, null, observer);
  frames.set(adapter, made);
  return made;
};

/** Waits until the client has taken most of its frames. A client that takes nothing for `softMs` is closed as a slow consumer. */
const drained = async (member: StreamMember, { drainedBytes, softMs }: Timings): Promise<void> => {
  let least = member.output.pendingBytes;
  let progressAt = performance.now();
  while (member.output.pendingBytes > drainedBytes && member.isLive) {
    await sleep(pollMs);
    const bytes = member.output.pendingBytes;
    if (bytes < least) progressAt = performance.now();
    else if (performance.now() - progressAt > softMs) member.output.tooSlow();
    least = Math.min(least, bytes);
  }
};

const gone = (): Fault => new Fault('forbidden', 'detached', 'The channel was left meanwhile');
