import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT, createContextKey } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { RestingContextManager } from './resting-contexts.js';

const key = createContextKey('test');
const named = (name: string) => ROOT_CONTEXT.setValue(key, name);

const given = () => {
  const contexts = new RestingContextManager({ afterMs: 20, afterUnknownMs: 20 });
  return { contexts, active: () => contexts.active().getValue(key) };
};

test('work keeps its context for as long as it runs, however long other work has ended', async () => {
  const { contexts, active } = given();
  const long = contexts.with(named('long'), async () => {
    await sleep(80);
    return active();
  });
  expect(await contexts.with(named('short'), () => Promise.resolve(active()))).toBe('short');
  expect(await long).toBe('long');
});

test('contexts rest when none is in use, and are there again for the next work', async () => {
  const { contexts, active } = given();
  let later: Promise<unknown> = Promise.resolve();
  await contexts.with(named('first'), async () => {
    later = sleep(80).then(active);
  });
  expect(await later).toBeUndefined();
  expect(await contexts.with(named('second'), () => sleep(1).then(active))).toBe('second');
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
    later = sleep(80).then(active);
  });
  expect(await later).toBeUndefined();
});
