import type { LimitFunction } from 'p-limit';
import { groupedCalls, type GroupedCalls } from '../timing/grouped-calls.js';
import { RecentEntries } from './recent-entries.js';
import type { Page } from './sequencer.js';
import type { Stream } from './stream.js';

/** Reads a page of a stream after a sequence. Members that read the same must not change it. */
export type ReadPage = (stream: Stream, after: number) => Promise<Page>;

export interface SharedReads {
  readonly read: ReadPage;
  stop(): void;
}

export interface SharedReadsOptions {
  /** How many reads are under way at once, over all streams. */
  readonly limit: LimitFunction;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** How long members may be answered from an earlier read of a channel, together with what was delivered since. */
  readonly recentMs: number;
}

/** Channels whose recent entries are held. */
const recentMax = 1_024;

/**
 * Members of a channel that lost their connections together resume from the same sequence. Those that come together share a read, which begins
 * after the first of them came; those that come soon after it are answered from it and from what was delivered since.
 */
export const createSharedReads = ({ limit, clock, recentMs }: SharedReadsOptions): SharedReads => {
  const byStream = new WeakMap<Stream, GroupedCalls<number, null, Page>>();
  /** Channels with recent entries, by the time when these end. */
  const recents = new Map<Stream, RecentEntries>();
  let timer: NodeJS.Timeout | null = null;

  const forget = (stream: Stream, recent: RecentEntries): void => {
    recents.delete(stream);
    if (stream.recent === recent) stream.recent = null;
  };
  const forgetOld = (): void => {
    timer = null;
    for (const [stream, recent] of recents) {
      if (recent.until > clock() && recents.size <= recentMax) break;
      forget(stream, recent);
    }
    if (recents.size > 0) timer = setTimeout(forgetOld, recentMs).unref();
  };
  const remember = (stream: Stream, recent: RecentEntries): void => {
    recents.delete(stream);
    recents.set(stream, recent);
    stream.recent = recent;
    if (recents.size > recentMax) for (const [oldest, its] of recents) return forget(oldest, its);
    timer ??= setTimeout(forgetOld, recentMs).unref();
  };

  const readNow = async (stream: Stream, after: number): Promise<Page> => {
    const page = await limit(() => stream.read(after));
    const recent = stream.isChannel ? RecentEntries.of(page, after, clock() + recentMs) : null;
    if (recent) remember(stream, recent);
    return page;
  };
  const readsOf = (stream: Stream): GroupedCalls<number, null, Page> => {
    const reads = byStream.get(stream) ?? groupedCalls((after: number) => readNow(stream, after));
    byStream.set(stream, reads);
    return reads;
  };
  const read: ReadPage = (stream, after) => {
    // An inbox has one reader, whose next read need not wait for one that hangs.
    if (!stream.isChannel) return readNow(stream, after);
    const { recent } = stream;
    const page = recent && recent.until > clock() ? recent.page(after, stream.sequencer.delivered ?? Infinity) : null;
    return page ? Promise.resolve(page) : readsOf(stream).add(after, null);
  };
  return {
    read,
    stop: () => {
      if (timer) clearTimeout(timer);
    },
  };
};
