import type { RefObject } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';

export interface UnreadAbove {
  /** Whether the first unread message is above what is shown, and was not shown yet. */
  readonly isAbove: boolean;
  readonly dismiss: () => void;
}

/** Follows the line above the first unread message until it was seen. `changes`: what is rendered. */
export const useUnreadAbove = (
  log: RefObject<HTMLElement | null>,
  changes: unknown,
  readUpTo: number | null,
  isLineLoaded: boolean,
): UnreadAbove => {
  const [isAbove, setAbove] = useState(false);
  const [seen, setSeen] = useState<number | null>(null);
  const isDone = readUpTo === null || seen === readUpTo;
  useEffect(() => {
    const line = log.current?.querySelector('.new-line') ?? null;
    if (isDone || (isLineLoaded && line === null)) return setAbove(false);
    if (line === null) return setAbove(true);
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry === undefined) return;
        if (entry.isIntersecting) setSeen(readUpTo);
        setAbove(!entry.isIntersecting && entry.boundingClientRect.top < (entry.rootBounds?.top ?? 0));
      },
      { root: log.current },
    );
    observer.observe(line);
    return () => observer.disconnect();
  }, [log, changes, readUpTo, isLineLoaded, isDone]);
  const dismiss = useCallback(() => setSeen(readUpTo), [readUpTo]);
  return { isAbove, dismiss };
};
