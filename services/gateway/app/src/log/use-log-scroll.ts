import type { Timeline } from '@parley/client';
import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Anchor, anchorOf, isAtEnd, keepPlace, wantedPage } from './scrolling.js';

const rowsIn = (log: HTMLElement): HTMLElement[] => [...log.querySelectorAll<HTMLElement>('[data-key]')];

const rowOf = (log: HTMLElement, key: string): HTMLElement | undefined =>
  rowsIn(log).find(({ dataset }) => dataset['key'] === key);

const measure = (log: HTMLElement): Anchor | null => {
  const { top } = log.getBoundingClientRect();
  const rows = rowsIn(log).map((row) => {
    const box = row.getBoundingClientRect();
    return { key: row.dataset['key'] ?? '', top: box.top - top, bottom: box.bottom - top };
  });
  return anchorOf(rows);
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

/** Keeps the place of a log: at its end while it is there, else at the first row in sight. Asks the timeline for pages near the edges. */
export const useLogScroll = (timeline: Timeline, changes: unknown, onError: (error: unknown) => void): LogScroll => {
  const log = useRef<HTMLDivElement>(null);
  const isStuck = useRef(true);
  const anchor = useRef<Anchor | null>(null);
  const [atEnd, setAtEnd] = useState(true);

  const loadWanted = useCallback((): void => {
    const { current } = log;
    if (current === null || timeline.error !== null) return;
    const wanted = wantedPage(current, timeline);
    if (wanted !== null) (wanted === 'before' ? timeline.loadBefore() : timeline.loadAfter()).catch(onError);
  }, [timeline, onError]);

  const note = useCallback((): void => {
    const { current } = log;
    if (current === null) return;
    isStuck.current = !timeline.hasAfter && isAtEnd(current);
    anchor.current = measure(current);
    setAtEnd(isStuck.current);
  }, [timeline]);

  const settle = useCallback((): void => {
    const { current } = log;
    if (current === null) return;
    const top = isStuck.current
      ? current.scrollHeight
      : keepPlace(current, anchor.current, offsetOf(current, anchor.current));
    if (top !== null) current.scrollTop = top;
  }, []);

  useLayoutEffect(() => {
    settle();
    note();
    loadWanted();
  }, [changes, settle, note, loadWanted]);

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
