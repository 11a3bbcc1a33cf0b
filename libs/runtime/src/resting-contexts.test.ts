import { ROOT_CONTEXT, createContextKey } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RestingContextManager } from './resting-contexts.js';

const key = createContextKey('test');
const named = (name: string) => ROOT_CONTEXT.setValue(key, name);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const given = () => {
  const contexts = new RestingContextManager({ afterMs: 20, afterUnknownMs: 20 });
  return { contexts, active: () => contexts.active().getValue(key) };
};

test('work keeps its context for as long as it runs, however long other work has ended', async () => {
  const { contexts, active } = given();
  const long = contexts.with(named('long'), async () => {
    await pause(80);
    return active();
  });
  expect(await contexts.with(named('short'), () => Promise.resolve(active()))).toBe('short');
  await vi.advanceTimersByTimeAsync(80);
  expect(await long).toBe('long');
});

test('contexts rest when none is in use, and are there again for the next work', async () => {
  const { contexts, active } = given();
  let soon: Promise<unknown> = Promise.resolve();
  let later: Promise<unknown> = Promise.resolve();
  await contexts.with(named('first'), async () => {
    soon = pause(15).then(active);
    later = pause(80).then(active);
  });
  await vi.advanceTimersByTimeAsync(80);
  expect([await soon, await later]).toEqual(['first', undefined]);
  const second = contexts.with(named('second'), () => pause(1).then(active));
  await vi.advanceTimersByTimeAsync(1);
  expect(await second).toBe('second');
});

test('work that fails ends as well, and with its own error', async () => {
  const { contexts, active } = given();
  const broken = new Error('broken');
  await expect(contexts.with(named('rejects'), () => Promise.reject(broken))).rejects.toBe(broken);
  expect(() =>
    contexts.with(named('throws'), () => {
      throw broken;
    }),
  ).toThrow(broken);
  let later: Promise<unknown> = Promise.resolve();
  contexts.with(named('returns'), () => {
    later = pause(80).then(active);
  });
  await vi.advanceTimersByTimeAsync(80);
  expect(await later).toBeUndefined();
});
