import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for a result that arrives asynchronously: calls `check` until it neither throws nor returns `false`, and returns its value. After
 * the time limit it throws the last error of `check`.
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
