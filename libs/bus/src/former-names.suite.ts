import { contract } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type BusPair, type CountingBus, caller } from './testing/demo.js';

const Before = z.object({ places: z.array(z.object({ id: z.int(), awaiting: z.boolean() })) });
const Now = z.object({ deliveries: z.array(z.object({ id: z.int(), ackRequired: z.boolean() })) });

/** One service as two releases know it: `place.advance` was renamed with its fields, `room.enter` only has other field names. */
const releases = () => {
  const service = `demo${randomUUID().slice(0, 8)}`;
  const deliveries = { deliveries: { formerly: 'places', fields: { ackRequired: 'awaiting' } } };
  return {
    before: contract(service, {
      place: { advance: { input: Before, output: Before, repeatable: true } },
      room: {
        enter: { input: z.object({ again: z.boolean() }), output: z.object({ roads: z.array(z.int()) }) },
      },
    }),
    now: contract(service, {
      delivery: {
        advance: {
          input: Now,
          output: Now,
          repeatable: true,
          former: { name: 'place.advance', input: deliveries, output: deliveries },
        },
      },
      room: {
        enter: {
          input: z.object({ reannounce: z.boolean() }),
          output: z.object({ audience: z.array(z.int()) }),
          former: { input: { reannounce: 'again' }, output: { audience: 'roads' } },
        },
      },
    }),
  };
};
type Releases = ReturnType<typeof releases>;

const serveBefore = (bus: CountingBus, { before }: Releases, received: unknown[] = []) =>
  bus.serve(before, {
    place: { advance: async (input) => (received.push(input), input) },
    room: { enter: async ({ again }) => (received.push({ again }), { roads: [1, 2] }) },
  });

const serveNow = (bus: CountingBus, { now }: Releases, received: unknown[] = []) =>
  bus.serve(now, {
    delivery: { advance: async (input) => (received.push(input), input) },
    room: { enter: async ({ reannounce }) => (received.push({ reannounce }), { audience: [1, 2] }) },
  });

const places = { places: [{ id: 1, awaiting: true }] };
const deliveries = { deliveries: [{ id: 1, ackRequired: true }] };

export const formerNameCases = (pair: () => BusPair): void => {
  test('a caller of the previous release is served under the former names', async () => {
    const both = releases();
    const received: unknown[] = [];
    await serveNow(pair().server, both, received);
    const client = pair().caller.client(both.before);
    await expect(client.place.advance(places, caller)).resolves.toEqual(places);
    await expect(client.room.enter({ again: true }, caller)).resolves.toEqual({ roads: [1, 2] });
    expect(received).toEqual([deliveries, { reannounce: true }]);
  });

  test('a service of the previous release is called under the former names', async () => {
    const both = releases();
    const received: unknown[] = [];
    await serveBefore(pair().server, both, received);
    const client = pair().caller.client(both.now);
    await expect(client.delivery.advance(deliveries, caller)).resolves.toEqual(deliveries);
    await expect(client.room.enter({ reannounce: true }, caller)).resolves.toEqual({ audience: [1, 2] });
    expect(received).toEqual([places, { again: true }]);
  });

  test('while replicas of both releases come and go, no call of either release fails', async () => {
    const both = releases();
    const received: unknown[] = [];
    const [current, former] = [pair().caller.client(both.now), pair().caller.client(both.before)];
    const call = async (): Promise<void> => {
      const answers = [current.delivery.advance(deliveries, caller), former.place.advance(places, caller)];
      expect(await Promise.all(answers)).toEqual([deliveries, places]);
    };
    const other = await pair().another();
    const upgrade: ((bus: CountingBus) => ReturnType<typeof serveNow>)[] = [
      (bus) => serveNow(bus, both, received),
      (bus) => serveBefore(bus, both, received),
    ];
    const serving = [await serveBefore(pair().server, both, received), await serveBefore(other, both, received)];
    await call();
    for (const serve of upgrade)
      for (const [replica, bus] of [pair().server, other].entries()) {
        await serving[replica]?.stop();
        await call();
        serving[replica] = await serve(bus);
        await call();
      }
    expect(received).toHaveLength(18);
  });
};
