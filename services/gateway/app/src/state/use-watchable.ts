import { useEffect, useReducer } from 'preact/hooks';
import type { Watchable } from './state.js';

/** The current value; the component renders again with each new one. */
export const useWatchable = <T>(watchable: Watchable<T>): T => {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const seen = watchable.value;
  useEffect(() => {
    // It may have changed between the rendering and this effect.
    if (!Object.is(seen, watchable.value)) render(undefined);
    return watchable.subscribe(() => render(undefined));
  }, [watchable]);
  return seen;
};
