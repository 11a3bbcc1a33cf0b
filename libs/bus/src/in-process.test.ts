import { expect, test } from 'vitest';
import { busSuite } from './bus.suite.js';
import { type BusPair, recordingLog } from './testing/demo.js';
import { createExchange, matches } from './exchange.js';
import { attachBus } from './in-process.js';
import { traceSuite } from './trace.suite.js';

const makePair = async (): Promise<BusPair> => {
  const exchange = createExchange();
  const { log, logged } = recordingLog();
  const end = () => attachBus(exchange, log);
  return { server: end(), caller: end(), another: async () => end(), logged };
};

busSuite('in-process', makePair);
traceSuite('in-process', makePair);

test('wildcards match as they do in NATS', () => {
  expect(matches('a.*.c', 'a.b.c')).toBe(true);
  expect(matches('a.*', 'a.b.c')).toBe(false);
  expect(matches('a.>', 'a.b.c')).toBe(true);
  expect(matches('a.>', 'a')).toBe(false);
  expect(matches('a.b.c', 'a.b')).toBe(false);
});

test('a publish does not look at the subscriptions of other scopes', () => {
  const exchange = createExchange();
  for (let i = 0; i < 100_000; i += 1) exchange.join(`evt.*.*.channel.${i}`, undefined, () => undefined);
  const start = performance.now();
  for (let i = 0; i < 10_000; i += 1) exchange.put(`evt.a.b.channel.${i}`, [], { body: '', headers: {} });
  expect(performance.now() - start).toBeLessThan(1000);
});
