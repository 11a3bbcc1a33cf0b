import { expect, test } from 'vitest';
import { createLedger } from './ledger.js';

test('a message that came to every member once, in any order, is neither lost nor doubled', () => {
  const ledger = createLedger([[0, 1]]);
  const [first, second, third] = [ledger.send(0), ledger.send(0), ledger.send(0)];
  for (const sequence of [second, third, first]) expect(ledger.deliver(0, 0, sequence)).toBe(true);
  expect(ledger.complete).toBe(false);
  for (const sequence of [first, second, third]) expect(ledger.deliver(1, 0, sequence)).toBe(true);
  expect(ledger.complete).toBe(true);
  expect(ledger.counts()).toMatchObject({ sent: 3, expected: 6, received: 6, lost: 0, doubled: 0 });
});

test('a repetition does not make up for a message that never came', () => {
  const ledger = createLedger([[0]]);
  ledger.send(0);
  ledger.send(0);
  ledger.deliver(0, 0, 1);
  expect(ledger.deliver(0, 0, 1)).toBe(false);
  expect(ledger.counts()).toMatchObject({ received: 1, lost: 1, doubled: 1 });
});

test('a repetition of a message that came early is counted', () => {
  const ledger = createLedger([[0]]);
  ledger.send(0);
  ledger.send(0);
  ledger.deliver(0, 0, 2);
  expect(ledger.deliver(0, 0, 2)).toBe(false);
  expect(ledger.counts()).toMatchObject({ received: 1, lost: 1, doubled: 1 });
});

test('a message that comes to a client outside its channel is counted as doubled', () => {
  const ledger = createLedger([[0], [1]]);
  ledger.send(0);
  expect(ledger.deliver(1, 0, 1)).toBe(false);
  expect(ledger.counts()).toMatchObject({ lost: 1, doubled: 1 });
});
