import { type Handlers, everyEventOf } from '@parley/contracts';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  type BusPair,
  type Demo,
  ThingMade,
  caller,
  channel,
  demo,
  handlersOf,
  thingMade,
  until,
} from './testing/demo.js';

export const drainCases = (pair: () => BusPair): void => {
  test('a drained server answers all that is in flight, and nothing after', async () => {
    const c = demo();
    let begun = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const get: Handlers<Demo>['thing']['get'] = async ({ id }) => {
      begun += 1;
      await held;
      return { id, text: '' };
    };
    await pair().server.serve(c, handlersOf({ get }));
    const { thing } = pair().caller.client(c);
    const calls = Array.from({ length: 50 }, (_, i) => thing.get({ id: i + 1 }, caller));
    await until(() => begun === 50);
    const drained = pair().server.drain();
    release();
    await drained;
    expect((await Promise.all(calls)).map((a) => a.id)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    await expect(thing.make({ text: 'x' }, caller)).rejects.toMatchObject({ reason: 'no_responders' });
    expect(pair().server.connected).toBe(false);
  });

  test('calls that arrive while one of two servers drains are answered by the other, none is lost', async () => {
    const c = demo();
    const get: Handlers<Demo>['thing']['get'] = async ({ id }) => (await turnOfTheLoop(), { id, text: '' });
    await pair().server.serve(c, handlersOf({ get }));
    const second = await pair().another();
    await second.serve(c, handlersOf({ get }));
    const { thing } = pair().caller.client(c);
    let draining: Promise<void> | undefined;
    const calls: Promise<{ id: number }>[] = [];
    for (let i = 1; i <= 300; i += 1) {
      calls.push(thing.get({ id: i }, caller));
      if (i === 100) draining = second.drain();
      // Spread over the drain: no faster than they are answered.
      if (i % 10 === 0) await calls[i - 10];
    }
    expect((await Promise.all(calls)).map((a) => a.id)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    await draining;
  });

  test('what was published before drain is received', async () => {
    const scope = channel();
    let received = 0;
    await pair().caller.listen(everyEventOf(scope), ThingMade, () => void (received += 1));
    for (let n = 0; n < 100; n += 1) pair().server.publish(thingMade(n), [scope]);
    await pair().server.drain();
    await until(() => received === 100);
    pair().server.publish(thingMade(1), [scope]);
    expect(pair().server.counts.droppedEvents).toBe(1);
  });

  test('a handler is not called again after drain, and others of its queue receive the events', async () => {
    const scope = channel();
    const received = { drained: 0, other: 0 };
    const other = await pair().another();
    for (const options of [{}, { queue: 'shared' }])
      await pair().caller.listen(everyEventOf(scope), ThingMade, () => void (received.drained += 1), options);
    await other.listen(everyEventOf(scope), ThingMade, () => void (received.other += 1), { queue: 'shared' });
    await pair().caller.drain();
    const before = { ...received };
    for (let n = 0; n < 20; n += 1) pair().server.publish(thingMade(n), [scope]);
    await until(() => received.other === 20);
    expect(received.drained).toBe(before.drained);
  });

  test('after drain calls fail at once, listeners learn of it once, and draining again is nothing', async () => {
    const changes: boolean[] = [];
    pair().caller.onConnectionChange((connected) => void changes.push(connected));
    await pair().caller.drain();
    await pair().caller.drain();
    const call = pair().caller.client(demo()).thing.get({ id: 1 }, caller);
    await expect(call).rejects.toMatchObject({ code: 'unavailable', reason: 'bus_down' });
    expect(changes).toEqual([false]);
  });
};
