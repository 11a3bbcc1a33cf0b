import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SmallSet } from './small-set.js';

const values = [{ n: 0 }, { n: 1 }, { n: 2 }] as const;

test('it has what a Set has, in its order, after any additions and deletions', () => {
  const step = fc.record({ adds: fc.boolean(), value: fc.constantFrom(...values) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const small = new SmallSet<(typeof values)[number]>();
      const set = new Set<(typeof values)[number]>();
      for (const { adds, value } of steps) {
        if (adds) {
          small.add(value);
          set.add(value);
        } else expect(small.delete(value)).toBe(set.delete(value));
        expect([...small]).toEqual([...set]);
        expect([small.size, ...values.map((one) => small.has(one))]).toEqual([
          set.size,
          ...values.map((one) => set.has(one)),
        ]);
      }
    }),
  );
});

test('what is deleted while the values are visited is not visited', () => {
  const set = new SmallSet<(typeof values)[number]>();
  for (const value of values) set.add(value);
  const visited: number[] = [];
  for (const value of set) {
    visited.push(value.n);
    set.delete(values[1]);
  }
  expect(visited).toEqual([0, 2]);
});
