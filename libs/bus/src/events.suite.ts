import { everyEventOf, everyScopeOf, eventSubject } from '@parley/contracts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { bodyBytesMax } from './bus.js';
import { type BusPair, ThingMade, channel, thingMade, until } from './testing/demo.js';

export const eventCases = (pair: () => BusPair): void => {
  test('events are received by exact subject, by scope, by name and by odd patterns, in order, once each', async () => {
    const scope = channel();
    const received: Record<string, number[]> = {};
    const patterns = {
      exact: eventSubject('thing.made', scope),
      scope: everyEventOf(scope),
      name: everyScopeOf('thing.made', 'channel'),
      odd: `evt.thing.*.*.${scope.id}`,
      rest: 'evt.thing.>',
    };
    for (const [key, pattern] of Object.entries(patterns)) {
      const into: number[] = (received[key] = []);
      await pair().caller.listen(pattern, ThingMade, (event) => void into.push(event.n));
    }
    await pair().caller.listen(everyEventOf(channel()), ThingMade, () => void (received.other = [1]));
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    for (const n of numbers) pair().server.publish(thingMade(n), [scope]);
    await until(() => Object.keys(patterns).every((key) => received[key]?.length === 100));
    for (const key of Object.keys(patterns)) expect(received[key]).toEqual(numbers);
    expect(received.other).toBeUndefined();
  });

  test('an event is published to each scope of its audience, and a publisher receives its own, later', async () => {
    const audience = [channel(), channel()];
    let received = 0;
    for (const scope of audience)
      await pair().server.listen(everyEventOf(scope), ThingMade, () => void (received += 1));
    pair().server.publish(thingMade(1), audience);
    expect(received).toBe(0);
    await until(() => received === 2);
  });

  test('in a queue one listener receives each event', async () => {
    const scope = channel();
    const received: number[][] = [[], []];
    const buses = [pair().caller, await pair().another()];
    for (const [i, bus] of buses.entries())
      await bus.listen(everyEventOf(scope), ThingMade, (event) => void received[i]?.push(event.n), { queue: 'shared' });
    for (let n = 0; n < 200; n += 1) pair().server.publish(thingMade(n), [scope]);
    await until(() => received.flat().length === 200);
    expect(received.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    for (const own of received) expect(own.length).toBeGreaterThan(20);
  });

  test('events that the schema refuses are dropped and counted, and the next ones are received', async () => {
    const scope = channel();
    const received: number[] = [];
    await pair().caller.listen(everyEventOf(scope), ThingMade, (event) => {
      received.push(event.n);
      if (event.n === 1) throw new Error('a listener that fails');
    });
    const wrong: { name: string } = { name: 'thing.unknown' };
    pair().server.publish(wrong, [scope]);
    for (const n of [1, 2]) pair().server.publish(thingMade(n), [scope]);
    await until(() => received.length === 2);
    expect(pair().caller.counts.refusedEvents).toBe(1);
    expect(pair().logged.map((l) => l.message)).toEqual(['An event was refused by its schema', 'A listener failed']);
  });

  test('an event whose name is excepted is not received, and all others of the scope are', async () => {
    const scope = channel();
    const received: string[] = [];
    const note = ({ name }: { name: string }): void => void received.push(name);
    await pair().caller.listen(everyEventOf(scope), z.object({ name: z.string() }), note, { except: ['thing.made'] });
    for (const name of ['thing.first', 'thing.made', 'thing.last']) pair().server.publish({ name }, [scope]);
    await until(() => received.includes('thing.last'));
    expect(received).toEqual(['thing.first', 'thing.last']);
  });

  test('an object with a method receives events as a function does', async () => {
    const scope = channel();
    const received: number[] = [];
    const receiver = {
      into: received,
      receive({ n }: { readonly n: number }): void {
        this.into.push(n);
      },
    };
    await pair().caller.listen(everyEventOf(scope), ThingMade, receiver);
    for (const n of [1, 2]) pair().server.publish(thingMade(n), [scope]);
    await until(() => received.length === 2);
    expect(received).toEqual([1, 2]);
  });

  test('an event that cannot be encoded is dropped, counted and never thrown', () => {
    const scope = channel();
    pair().server.publish({ name: 'thing.made', n: 10n } as { name: string }, [scope]);
    pair().server.publish({ name: 'thing.made', text: 'x'.repeat(bodyBytesMax) } as { name: string }, [scope]);
    expect(pair().server.counts.droppedEvents).toBe(2);
  });

  test('after stop the handler is not called again', async () => {
    const scope = channel();
    let received = 0;
    let after = 0;
    const listening = await pair().caller.listen(everyEventOf(scope), ThingMade, () => {
      received += 1;
      listening.stop();
    });
    await pair().caller.listen(everyEventOf(scope), ThingMade, () => void (after += 1));
    for (let n = 0; n < 20; n += 1) pair().server.publish(thingMade(n), [scope]);
    await until(() => after === 20);
    expect(received).toBe(1);
  });
};
