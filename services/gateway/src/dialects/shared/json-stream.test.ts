import { expect, test } from 'vitest';
import {
  countedArray,
  countedEntries,
  inPages,
  streamedArray,
  streamedEntries,
  streamedObject,
} from './json-stream.js';

async function* pagesOf<T>(...pages: T[][]): AsyncGenerator<T[]> {
  for (const page of pages) yield await Promise.resolve(page);
}
const textOf = async (stream: AsyncGenerator<string>): Promise<string> => {
  let text = '';
  for await (const piece of stream) text += piece;
  return text;
};
const same = (n: number): unknown => ({ n, text: '"\u2028' });

test.each([
  ['no page', []],
  ['empty pages', [[], [], []]],
  ['one', [[1, 2, 3]]],
  ['many with empty ones among them', [[], [1], [], [2, 3], [], [4]]],
] as [string, number[][]][])('%s of a list are the JSON of the whole', async (_what, pages) => {
  const all = pages.flat();
  expect(await textOf(await streamedArray(pagesOf(...pages), same))).toBe(JSON.stringify(all.map(same)));
  for (const head of [{}, { count: all.length, 'a key': null }]) {
    expect(await textOf(await streamedObject(head, 'items', pagesOf(...pages), same))).toBe(
      JSON.stringify({ ...head, items: all.map(same) }),
    );
    const entry = (n: number) => [`"${n}`, same(n)] as const;
    expect(await textOf(await streamedEntries(head, 'items', pagesOf(...pages), entry))).toBe(
      JSON.stringify({ ...head, items: Object.fromEntries(all.map(entry)) }),
    );
  }
});

test.each([
  [[], '{"count":0,"items":{}}'],
  [[[]], '{"count":0,"items":{}}'],
  [[[1, 2]], '{"count":2,"items":{"1":true,"2":true}}'],
  [[[1], [], [2], [3]], '{"items":{"1":true,"2":true,"3":true},"count":3}'],
])('entries that nobody counted before: %j', async (pages: number[][], expected) => {
  expect(await textOf(await countedEntries('items', pagesOf(...pages), (n) => [String(n), true]))).toBe(expected);
});

test('items of an array that nobody counted before', async () => {
  const of = async (...pages: number[][]) =>
    textOf(await countedArray({ id: 'a' }, 'n', 'items', pagesOf(...pages), (item) => item));
  expect(await of()).toBe('{"id":"a","n":0,"items":[]}');
  expect(await of([1, 2])).toBe('{"id":"a","n":2,"items":[1,2]}');
  expect(await of([1], [], [2, 3])).toBe('{"id":"a","items":[1,2,3],"n":3}');
});

test('a fault on the first page comes before anything is answered, a later one breaks the stream', async () => {
  async function* broken(at: number): AsyncGenerator<number[]> {
    for (let n = 0; n < at; n += 1) yield await Promise.resolve([n]);
    throw new Error('away');
  }
  await expect(streamedArray(broken(0), same)).rejects.toThrow('away');
  const stream = await streamedArray(broken(1), same);
  await expect(stream.next()).resolves.toMatchObject({ done: false });
  await expect(stream.next()).rejects.toThrow('away');
});

test('a list that is there already leaves room for others between its pages', async () => {
  const seen: string[] = [];
  for await (const page of inPages([1, 2, 3, 4, 5], 2)) {
    seen.push(String(page));
    setImmediate(() => seen.push('other'));
  }
  expect(seen).toEqual(['1,2', 'other', '3,4', 'other', '5']);
});
