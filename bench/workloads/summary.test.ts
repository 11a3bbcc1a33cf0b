import { expect, test } from 'vitest';
import { type Result, summaryOf } from './summary.js';

const result = (given: Partial<Result>): Result => ({
  round: 0,
  target: 'parley',
  variant: 'one',
  value: 100,
  p50: 1,
  p99: 2,
  failed: null,
  note: null,
  cpu: { server: 0.1, generator: 0.5 },
  raw: null,
  ...given,
});

test('each form of Parley has its ratio to a peer, and none to the other form', () => {
  const results = [
    result({}),
    result({ target: 'parley-one', value: 300 }),
    result({ target: 'socket.io-insert', value: 50 }),
  ];
  const { rows, text } = summaryOf({ unit: 'messages/s' }, ['parley', 'parley-one', 'socket.io-insert'], results);
  expect(rows.map(({ ratios }) => ratios)).toEqual([
    {},
    {},
    { parley: { median: 2, min: 2, max: 2 }, 'parley-one': { median: 6, min: 6, max: 6 } },
  ]);
  expect(text).toContain('parley is at 2 of that; parley-one is at 6 of that');
});

test('a ratio compares the systems of the same round, so that a round on a busy machine moves both', () => {
  const rounds = [100, 10, 1_000].flatMap((value, round) => [
    result({ round, value: 2 * value }),
    result({ round, value, target: 'socket.io-insert' }),
  ]);
  const { rows } = summaryOf({ unit: 'messages/s' }, ['parley', 'socket.io-insert'], rounds);
  expect(rows[0]).toMatchObject({ target: 'parley', ratios: {}, value: { median: 200, min: 20, max: 2_000 } });
  expect(rows[1]).toMatchObject({ ratios: { parley: { median: 2, min: 2, max: 2 } } });
});

test('the CPU of each unit is that of the system without the generator', () => {
  const { rows } = summaryOf({ unit: 'messages/s' }, ['parley'], [result({})]);
  expect(rows[0]?.cpuMsEach?.median).toBe(1);
});

test('a round that failed has no figure, is named, and makes the whole incomplete', () => {
  const results = [result({}), result({ round: 1, value: null, failed: '3 lost' })];
  const { rows, complete, text } = summaryOf({ unit: 'messages/s' }, ['parley'], results);
  expect(rows[0]).toMatchObject({ rounds: 2, value: { median: 100, min: 100, max: 100 }, failed: ['3 lost'] });
  expect(complete).toBe(false);
  expect(text).toContain('failed: 3 lost');
});
