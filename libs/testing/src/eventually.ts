import { setTimeout as sleep } from 'node:timers/promises';

/**
 * For outcomes that come on their own: calls `check` until it neither throws nor gives `false`, and gives back what it gave. When
 * the time is up it throws what `check` threw last.
 */
export const eventually = async <T>(
  check: () => T | Promise<T>,
  { withinMs = 15_000 }: { readonly withinMs?: number } = {},
): Promise<T> => {
  const until = performance.now() + withinMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 50)) {
    const isLast = performance.now() >= until;
    try {
      const result = await check();
      if (result !== false) return result;
      if (isLast) throw new Error(`Still not so after ${withinMs} ms`);
    } catch (error) {
      if (isLast) throw error;
    }
    await sleep(pauseMs);
  }
};
