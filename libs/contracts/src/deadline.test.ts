import { expect, test, vi } from 'vitest';
import { withTimeout } from './deadline.js';

const never = new Promise<string>(() => {});

test('work that is in time gives its own outcome, and the timer is gone', async () => {
  vi.useFakeTimers();
  try {
    const late = vi.fn();
    await expect(withTimeout(Promise.resolve('done'), 5, late)).resolves.toBe('done');
    await expect(withTimeout(Promise.reject(new Error('broken')), 5, late)).rejects.toThrow('broken');
    expect(vi.getTimerCount()).toBe(0);
    expect(late).not.toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
  }
});

test('work that takes longer gives what is given or thrown instead', async () => {
  await expect(withTimeout(never, 1, () => 'late')).resolves.toBe('late');
  const refuse = (): never => {
    throw new Error('took too long');
  };
  await expect(withTimeout(never, 1, refuse)).rejects.toThrow('took too long');
});

test('what arrives while the process is stopped is in time', async () => {
  const { promise, resolve } = (() => {
    let give = (_: string): void => {};
    return { promise: new Promise<string>((done) => (give = done)), resolve: (text: string) => give(text) };
  })();
  const outcome = withTimeout(promise, 10, () => 'late');
  // Read in the turn after the timer has become due.
  setImmediate(() => setImmediate(() => resolve('read')));
  const until = performance.now() + 300;
  while (performance.now() < until);
  await expect(outcome).resolves.toBe('read');
});

test('a failure that comes too late is nobody’s', async () => {
  let fail = (_: Error): void => {};
  const work = new Promise<never>((_resolve, reject) => (fail = reject));
  await expect(withTimeout(work, 1, () => 'late')).resolves.toBe('late');
  fail(new Error('much later'));
  // An unhandled rejection would fail the run.
  await new Promise((resolve) => setImmediate(resolve));
});
