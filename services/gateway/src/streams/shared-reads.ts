import type { LimitFunction } from 'p-limit';
import { groupedCalls, type GroupedCalls } from '../timing/grouped-calls.js';
import type { Page } from './sequencer.js';
import type { Stream } from './stream.js';

/** Reads a page of a stream after a sequence; it begins after the call. Members that read the same must not change it. */
export type ReadPage = (stream: Stream, after: number) => Promise<Page>;

/**
 * Members of a channel that lost their connections together resume from the same sequence: they share a read, and the events in it. `limit`:
 * how many are under way at once, over all streams.
 */
export const createSharedReads = (limit: LimitFunction): ReadPage => {
  const byStream = new WeakMap<Stream, GroupedCalls<number, null, Page>>();
  const readsOf = (stream: Stream): GroupedCalls<number, null, Page> => {
    const reads = byStream.get(stream) ?? groupedCalls((after: number) => limit(() => stream.read(after)));
    byStream.set(stream, reads);
    return reads;
  };
  // An inbox has one reader, whose next read need not wait for one that hangs.
  return (stream, after) => (stream.isChannel ? readsOf(stream).add(after, null) : limit(() => stream.read(after)));
};
