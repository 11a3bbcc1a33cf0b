import { expect, test } from 'vitest';
import { groupedReads } from './grouped-reads.js';

/** Reads that end when the test says so. */
const held = () => {
  const groups: { readonly keys: readonly number[]; end(error?: Error): void }[] = [];
  const read = (keys: readonly number[]): Promise<string[]> =>
    new Promise((resolve, reject) => {
      const end = (error?: Error): void => (error ? reject(error) : resolve(keys.map((key) => `found ${key}`)));
      groups.push({ keys, end });
    });
  return { groups, read };
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const keysOf = (groups: readonly { readonly keys: readonly number[] }[]) => groups.map(({ keys }) => keys);

test('the reads of one turn share a statement, and each gets what it asked for', async () => {
  const { groups, read } = held();
  const find = groupedReads({ read });
  const found = Promise.all([1, 2, 3].map(find));
  await turn();
  await turn();
  expect(keysOf(groups)).toEqual([[1, 2, 3]]);
  groups[0]?.end();
  expect(await found).toEqual(['found 1', 'found 2', 'found 3']);
});

test('what is asked while the statements in flight are at their limit shares the next one, in parts', async () => {
  const { groups, read } = held();
  const find = groupedReads({ read, inFlightMax: 2, groupMax: 2 });
  const found: Promise<string>[] = [];
  for (const key of [1, 2]) {
    found.push(find(key));
    await turn();
    await turn();
  }
  found.push(...[3, 4, 5].map(find));
  await turn();
  await turn();
  expect(keysOf(groups)).toEqual([[1], [2]]);
  groups[0]?.end();
  await found[0];
  await turn();
  expect(keysOf(groups)).toEqual([[1], [2], [3, 4]]);
  for (const at of [1, 2]) groups[at]?.end();
  await Promise.all(found.slice(0, 4));
  await turn();
  groups[3]?.end();
  expect(await Promise.all(found)).toEqual([1, 2, 3, 4, 5].map((key) => `found ${key}`));
});

test('a read has until the last deadline of its callers', async () => {
  const deadlines: number[] = [];
  const find = groupedReads<number, number>({
    read: (keys, deadline) => {
      deadlines.push(deadline);
      return Promise.resolve(keys);
    },
  });
  await Promise.all([find(1, 1_000), find(2, 3_000), find(3, 2_000)]);
  await find(4);
  expect(deadlines).toEqual([3_000, Infinity]);
});

test('a failure is that of its group only, and those that came too many are refused', async () => {
  const { groups, read } = held();
  const find = groupedReads({ read, inFlightMax: 1, waitingMax: 1 });
  const first = find(1);
  await turn();
  await turn();
  const second = find(2);
  await expect(find(3)).rejects.toMatchObject({ code: 'unavailable', reason: 'overloaded' });
  groups[0]?.end(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  groups[1]?.end();
  expect(await second).toBe('found 2');
});
