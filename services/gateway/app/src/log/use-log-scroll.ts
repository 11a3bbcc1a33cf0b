import type { Timeline } from '@parley/client';
import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Anchor, anchorOf, isAtEnd, keepPlace, lastInSight, type MeasuredRow, wantedPage } from './scrolling.js';

/** Where the line of new messages is when a log opens there: this part of its height below its upper edge. */
const lineAt = 1 / 4;

const rowsIn = (log: HTMLElement): HTMLElement[] => [...log.querySelectorAll<HTMLElement>('[data-key]')];

const rowOf = (log: HTMLElement, key: string): HTMLElement | undefined =>
  rowsIn(log).find(({ dataset }) => dataset['key'] === key);

const measure = (log: HTMLElement): MeasuredRow[] => {
  const { top } = log.getBoundingClientRect();
  return rowsIn(log).map((row) => {
    const box = row.getBoundingClientRect();
    const { key = '', sequence } = row.dataset;
    return { key, top: box.top - top, bottom: box.bottom - top, sequence: sequence ? Number(sequence) : null };
  });
};

const offsetOf = (log: HTMLElement, anchor: Anchor | null): number | null => {
  const row = anchor === null ? undefined : rowOf(log, anchor.key);
  return row === undefined ? null : row.getBoundingClientRect().top - log.getBoundingClientRect().top;
};

export interface LogScroll {
  readonly log: RefObject<HTMLDivElement | null>;
  readonly onScroll: () => void;
  /** Whether the last message that is known is in sight. */
  readonly isAtEnd: boolean;
  /** Scrolls a row into the middle and puts the focus there; false: there is no such row. */
  readonly reveal: (find: (row: HTMLElement) => boolean) => boolean;
  readonly toEnd: () => void;
}

interface LogScrollOptions {
  readonly timeline: Timeline;
  /** What is rendered. */
  readonly changes: unknown;
  /** Where the log opens: at the line of new messages, or at its end; null while that is not known. */
  readonly start: 'line' | 'end' | null;
  /** Called with the sequence of the last message in sight, each time that it may be another one. */
  readonly onSight: (sequence: number | null) => void;
  readonly onError: (error: unknown) => void;
}

/** Keeps the place of a log: at its end while it is there, else at the first row in sight. Asks the timeline for pages near the edges. */
export const useLogScroll = ({ timeline, changes, start, onSight, onError }: LogScrollOptions): LogScroll => {
  const log = useRef<HTMLDivElement>(null);
  const isOpened = useRef(false);
  const isStuck = useRef(true);
  const anchor = useRef<Anchor | null>(null);
  const [atEnd, setAtEnd] = useState(true);

  const loadWanted = useCallback((): void => {
    const { current } = log;
    if (current === null || timeline.error !== null || !isOpened.current) return;
    const wanted = wantedPage(current, timeline);
    if (wanted !== null) (wanted === 'before' ? timeline.loadBefore() : timeline.loadAfter()).catch(onError);
  }, [timeline, onError]);

  const note = useCallback((): void => {
    const { current } = log;
    // Behind a panel it has no size.
    if (current === null || current.clientHeight === 0) return;
    isStuck.current = !timeline.hasAfter && isAtEnd(current);
    const rows = measure(current);
    anchor.current = anchorOf(rows);
    setAtEnd(isStuck.current);
    if (isOpened.current) onSight(lastInSight(rows, current.clientHeight, isStuck.current));
  }, [timeline, onSight]);

  const settle = useCallback((): void => {
    const { current } = log;
    if (current === null) return;
    const top = isStuck.current
      ? current.scrollHeight
      : keepPlace(current, anchor.current, offsetOf(current, anchor.current));
    if (top !== null) current.scrollTop = top;
  }, []);

  const open = useCallback((): void => {
    const { current } = log;
    const line = start === 'line' ? current?.querySelector('.new-line') : undefined;
    isOpened.current = true;
    if (!current || !line) return settle();
    isStuck.current = false;
    const below = line.getBoundingClientRect().top - current.getBoundingClientRect().top;
    current.scrollTop += below - current.clientHeight * lineAt;
  }, [start, settle]);

  useLayoutEffect(() => {
    if (start === null || isOpened.current) settle();
    else open();
    note();
    loadWanted();
  }, [changes, start, settle, open, note, loadWanted]);

  useEffect(() => {
    const { current } = log;
    if (current === null) return;
    const observer = new ResizeObserver(settle);
    observer.observe(current);
    return () => observer.disconnect();
  }, [settle]);

  const reveal = useCallback(
    (find: (row: HTMLElement) => boolean): boolean => {
      const row = log.current === null ? undefined : rowsIn(log.current).find(find);
      if (row === undefined) return false;
      isStuck.current = false;
      row.scrollIntoView({ block: 'center' });
      row.focus({ preventScroll: true });
      row.classList.add('revealed');
      setTimeout(() => row.classList.remove('revealed'), 2_000);
      note();
      return true;
    },
    [note],
  );

  const toEnd = useCallback((): void => {
    isStuck.current = true;
    settle();
    note();
  }, [settle, note]);

  const onScroll = (): void => {
    note();
    loadWanted();
  };
  return { log, onScroll, isAtEnd: atEnd, reveal, toEnd };
};
