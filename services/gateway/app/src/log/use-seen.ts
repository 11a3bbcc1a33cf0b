import { useCallback, useEffect, useRef } from 'preact/hooks';

const isWatched = (): boolean => document.visibilityState === 'visible' && document.hasFocus();

/**
 * Returns a function to call with the last message in sight. Reports its sequence when the user can see it: at once while the page is
 * visible and has the focus, else when it is so again.
 */
export const useSeen = (onSeen: (sequence: number) => void): ((sequence: number | null) => void) => {
  const inSight = useRef<number | null>(null);
  const report = useCallback((): void => {
    if (inSight.current !== null && isWatched()) onSeen(inSight.current);
  }, [onSeen]);
  useEffect(() => {
    addEventListener('focus', report);
    document.addEventListener('visibilitychange', report);
    return () => {
      removeEventListener('focus', report);
      document.removeEventListener('visibilitychange', report);
    };
  }, [report]);
  return useCallback(
    (sequence) => {
      inSight.current = sequence;
      report();
    },
    [report],
  );
};
