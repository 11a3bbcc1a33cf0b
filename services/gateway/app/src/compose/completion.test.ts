import { expect, test } from 'vitest';
import { completeMention, matching, mentionAt } from './completion.js';

const people = [
  { id: '1', name: 'Ada Lovelace', handle: 'ada' },
  { id: '2', name: 'Grace Hopper', handle: 'amazing.grace' },
  { id: '3', name: 'Alan Turing', handle: 'turing' },
];

test.each([
  ['hello @Ad', 9, { start: 6, text: 'ad' }],
  ['@', 1, { start: 0, text: '' }],
  ['mail@example', 12, null],
  ['@ada is', 7, null],
  ['hello', 5, null],
])('%j at %i', (value, caret, query) => {
  expect(mentionAt(value, caret)).toEqual(query);
});

test('names are found by handle first, then by the words of the name', () => {
  expect(matching(people, 'a').map(({ id }) => id)).toEqual(['1', '2', '3']);
  expect(matching(people, 'hop').map(({ id }) => id)).toEqual(['2']);
  expect(matching(people, 'zzz')).toEqual([]);
});

test('completion replaces what was typed and leaves the rest', () => {
  const query = mentionAt('hi @ad there', 6);
  if (query === null) throw new Error('There is a mention at the caret');
  expect(completeMention('hi @ad there', query, 6, 'ada')).toEqual({ value: 'hi @ada there', caret: 8 });
});
