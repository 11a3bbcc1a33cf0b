import { importRowsMax } from '@parley/contracts';
import { expect, test } from 'vitest';
import { groupsOf } from './groups.js';

test('groups keep the order of the rows, and none has too many of them or too many bytes', () => {
  const rows = Array.from({ length: 2 * importRowsMax + 1 }, (_, index) => index);
  const groups = [...groupsOf(rows)];
  expect(groups.map(({ length }) => length)).toEqual([importRowsMax, importRowsMax, 1]);
  expect(groups.flat()).toEqual(rows);
  expect([...groupsOf(['aaa', 'b', 'é', 'c'], 8)]).toEqual([
    ['aaa', 'b'],
    ['é', 'c'],
  ]);
});

test('a row that is larger than a group goes alone, and without rows there is no group', () => {
  expect([...groupsOf(['a', 'x'.repeat(100), 'b'], 10)]).toEqual([['a'], ['x'.repeat(100)], ['b']]);
  expect([...groupsOf([])]).toEqual([]);
});
