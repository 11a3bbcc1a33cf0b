import { expect, test } from 'vitest';
import { groupedCalls } from './grouped-calls.js';

const later = () => {
  const calls: { readonly key: string; readonly items: readonly number[]; end(error?: Error): void }[] = [];
  const grouped = groupedCalls(
    (key: string, items: readonly number[]) =>
      new Promise<string>((resolve, reject) => {
        const end = (error?: Error): void => (error ? reject(error) : resolve(`${key}:${items.join('+')}`));
        calls.push({ key, items, end });
      }),
  );
  return { calls, grouped };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('items of one turn share a call, and those that come while it is under way share the next', async () => {
  const { calls, grouped } = later();
  const first = [grouped.add('a', 1), grouped.add('a', 2)];
  expect(calls).toEqual([]);
  await turn();
  const second = [grouped.add('a', 3)];
  await turn();
  second.push(grouped.add('a', 4));
  expect(calls.map(({ items }) => items)).toEqual([[1, 2]]);
  calls[0]?.end();
  expect(await Promise.all(first)).toEqual(['a:1+2', 'a:1+2']);
  await turn();
  calls[1]?.end();
  expect(await Promise.all(second)).toEqual(['a:3+4', 'a:3+4']);
  expect(calls).toHaveLength(2);
});

test('calls of a crowd keep a distance, and one that is alone has none', async () => {
  const groups: (readonly number[])[] = [];
  const grouped = groupedCalls(async (_: string, items: readonly number[]) => void groups.push(items), {
    everyMs: 50,
  });
  await grouped.add('a', 1);
  const crowd = [grouped.add('a', 2)];
  await turn();
  crowd.push(grouped.add('a', 3));
  await Promise.all(crowd);
  // Without the distance, 2 would not have waited for 3.
  expect(groups).toEqual([[1], [2, 3]]);
});

test('keys do not wait for each other', async () => {
  const { calls, grouped } = later();
  const [a, b] = [grouped.add('a', 1), grouped.add('b', 2)];
  await turn();
  calls.find(({ key }) => key === 'b')?.end();
  expect(await b).toBe('b:2');
  calls.find(({ key }) => key === 'a')?.end();
  expect(await a).toBe('a:1');
});

test('a call that fails fails for its own items only', async () => {
  const { calls, grouped } = later();
  const failed = grouped.add('a', 1);
  await turn();
  const next = grouped.add('a', 2);
  calls[0]?.end(new Error('lost'));
  await expect(failed).rejects.toThrow('lost');
  await turn();
  calls[1]?.end();
  expect(await next).toBe('a:2');
});

test('it is idle when everything that was added has been answered', async () => {
  const { calls, grouped } = later();
  const added = grouped.add('a', 1);
  await turn();
  const next = grouped.add('a', 2);
  let isIdle = false;
  const idle = grouped.idle('a').then(() => (isIdle = true));
  calls[0]?.end();
  await added;
  await turn();
  expect(isIdle).toBe(false);
  calls[1]?.end();
  await Promise.all([idle, next, grouped.allIdle()]);
  await grouped.idle('a');
  await grouped.idle('b');
});
