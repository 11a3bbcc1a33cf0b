import { expect, test } from 'vitest';
import { createProgress, duration } from './progress.js';

const written = (isTTY: boolean) => {
  const texts: string[] = [];
  let now = 0;
  const progress = createProgress({ isTTY, write: (text) => texts.push(text) }, () => now);
  return { texts, progress, pass: (ms: number) => (now += ms) };
};

test('a terminal has one line with a bar, the speed and the time left', () => {
  const { texts, progress, pass } = written(true);
  progress.begin('Moved', 4_000);
  pass(1_000);
  progress.advance(1_000, 'messages');
  progress.say('done');
  expect(texts).toEqual([
    '\r\x1b[2K[######..................] Moved 1,000 of 4,000 rows · messages · 1,000/s · 3 s left',
    '\r\x1b[2K',
    'done\n',
  ]);
});

test('elsewhere there is a plain line every ten seconds', () => {
  const { texts, progress, pass } = written(false);
  progress.begin('Checked', 100);
  for (let second = 1; second <= 20; second += 1) {
    pass(1_000);
    progress.advance(1, 'accounts');
  }
  expect(texts).toEqual([
    'Checked 10 of 100 rows · accounts · 1/s · 1 min 30 s left\n',
    'Checked 20 of 100 rows · accounts · 1/s · 1 min 20 s left\n',
  ]);
});

test.each([
  [0, '0 s'],
  [59.2, '1 min 0 s'],
  [7_265, '2 h 1 min'],
  [Infinity, 'an unknown time'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
