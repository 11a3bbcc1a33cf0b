import { useEffect } from 'preact/hooks';
import { useClient } from './session-context.js';

const idleAfterMs = 5 * 60_000;

/** Sets `away` after a while without input, and `online` at the next input. */
export const useIdle = (): void => {
  const { presence } = useClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isAway = false;
    const away = (): void => {
      if (presence.own.value !== 'online') return;
      isAway = true;
      presence.set('away').catch(() => undefined);
    };
    const active = (): void => {
      clearTimeout(timer);
      timer = setTimeout(away, idleAfterMs);
      if (!isAway) return;
      isAway = false;
      if (presence.own.value === 'away') presence.set('online').catch(() => undefined);
    };
    active();
    const events = ['keydown', 'pointerdown', 'focus'] as const;
    for (const name of events) addEventListener(name, active);
    return () => {
      clearTimeout(timer);
      for (const name of events) removeEventListener(name, active);
    };
  }, [presence]);
};
