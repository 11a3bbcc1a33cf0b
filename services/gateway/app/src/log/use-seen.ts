import { useCallback, useEffect, useRef } from 'preact/hooks';

const isWatched = (): boolean => document.visibilityState === 'visible' && document.hasFocus();

/**
 * Returns a function to call with the last message in sight. Passes its sequence on when somebody can see it: at once while the page is
 * visible and has the focus, else when it is so again.
 */
export const useSeen = (onSeen: (sequence: number) => void): ((sequence: number | null) => void) => {
  const inSight = useRef<number | null>(null);
  const tell = useCallback((): void => {
    if (inSight.current !== null && isWatched()) onSeen(inSight.current);
  }, [onSeen]);
  useEffect(() => {
    addEventListener('focus', tell);
    document.addEventListener('visibilitychange', tell);
    return () => {
      removeEventListener('focus', tell);
      document.removeEventListener('visibilitychange', tell);
    };
  }, [tell]);
  return useCallback(
    (sequence) => {
      inSight.current = sequence;
      tell();
    },
    [tell],
  );
};
