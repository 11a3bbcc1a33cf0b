import { randomUUID } from 'node:crypto';
import { contract } from '@parley/contracts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { busSuite } from './bus.suite.js';
import { type BusPair, caller, recordingLog } from './testing/demo.js';
import { createExchange, matches } from './exchange.js';
import { attachBus } from './in-process.js';
import { traceSuite } from './trace.suite.js';

const makePair = async (): Promise<BusPair> => {
  const exchange = createExchange();
  const { log, logged } = recordingLog();
  const end = () => attachBus(exchange, { log });
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
  for (let i = 0; i < 100_000; i += 1) exchange.join(`evt.*.*.channel.${i}`, undefined, { deliver: () => undefined });
  // CPU time, because other work on the machine may take any time between.
  const start = process.cpuUsage();
  for (let i = 0; i < 10_000; i += 1) exchange.put(`evt.a.b.channel.${i}`, [], { body: '', headers: {} });
  expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
});

const exact = () =>
  contract(`exact${randomUUID().slice(0, 8)}`, {
    thing: {
      get: {
        input: z.object({ tags: z.array(z.string()) }),
        output: z.object({ tags: z.array(z.string()) }),
        exact: true,
        frequent: true,
      },
    },
  });

test('what an exact operation takes and answers cannot be changed by either side', async () => {
  const { server, caller: from } = await makePair();
  const given = exact();
  const kept: string[][] = [];
  await server.serve(given, { thing: { get: async ({ tags }) => (kept.push(tags), { tags }) } });
  const input = { tags: ['a'] };
  const { get } = from.client(given).thing;
  // The first of many answers is parsed, and so a copy.
  await get(input, caller);
  const output = await get(input, caller);
  expect(output).toEqual(input);
  for (const tags of [input.tags, output.tags, ...kept]) expect(() => tags.push('b')).toThrow(TypeError);
});

test('the input of an exact operation is validated although it is handed over', async () => {
  const { server, caller: from } = await makePair();
  const given = exact();
  await server.serve(given, { thing: { get: async ({ tags }) => ({ tags }) } });
  const { get } = from.client(given).thing;
  await expect(get({ tags: [1] as unknown as string[] }, caller)).rejects.toMatchObject({ reason: 'invalid_input' });
  expect(await get({ tags: [], more: 1 } as { tags: string[] }, caller)).toEqual({ tags: [] });
});

test('an input that was parsed already is taken as it is, and is parsed once in a while all the same', async () => {
  const { server, caller: from } = await makePair();
  const given = exact();
  await server.serve(given, { thing: { get: async ({ tags }) => ({ tags }) } });
  const { get } = from.client(given).thing;
  const wrong = { tags: 1 as unknown as string[] };
  const outcomes: unknown[] = [];
  for (let n = 0; n < 600; n += 1)
    outcomes.push(await get(wrong, { ...caller, isParsed: true }).catch(({ reason }: { reason: string }) => reason));
  // Answers are parsed once in a while as well.
  expect(outcomes.filter((one) => one === 'invalid_input')).toHaveLength(3);
  expect(outcomes).toContainEqual({ tags: 1 });
  await expect(get(wrong, caller)).rejects.toMatchObject({ reason: 'invalid_input' });
});
