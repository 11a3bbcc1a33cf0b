import type { BusEvent } from '@parley/contracts';
import { eventually } from '@parley/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { upTo, type Frame } from '../testing/fixtures.js';
import { withServices, type GivenGateway } from '../testing/services.js';

const givenRealtime = withServices();

let given: GivenGateway;
beforeAll(async () => {
  given = await givenRealtime({ timings: { holdBackMs: 5, checkMinMs: 20, checkMaxMs: 40, missedMs: 5 } });
});
afterAll(() => given[Symbol.asyncDispose]());

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('say' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  /** What the bus does with the events from now on. */
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('bus' as const),
      fate: fc.constantFrom('pass' as const, 'lose' as const, 'double' as const, 'delay' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('detach' as const, 'reconnect' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Fate = 'pass' | 'lose' | 'double' | 'delay';

/** One client that resumes with the last sequence it has, and one that stays: what the first reads may be ahead of its events. */
const givenClient = async (earlier: number, after: number) => {
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const say = async (count: number): Promise<void> => {
    await Promise.all(upTo(count).map((n) => given.say(room, ada, `m${n}`)));
  };
  await say(earlier);
  const staying = await given.connect(ada.token);
  await staying.ask({ type: 'channel.attach', channelId: room });
  const received: unknown[] = [];
  let socket = await given.connect(ada.token);
  let attached: Promise<Frame>;
  const sequences = (): unknown[] => [...received, ...socket.sequences(room)];
  /** Messages are sent while the gateway still replays. */
  const attach = (): void => {
    attached = socket.ask({ type: 'channel.attach', channelId: room, after: sequences().at(-1) ?? after });
  };
  attach();

  const detach = async (): Promise<void> => {
    await attached;
    await socket.ask({ type: 'channel.detach', channelId: room });
  };
  const reconnect = async (): Promise<void> => {
    await attached;
    socket.ws.close();
    await socket.closed();
    received.push(...socket.sequences(room));
    socket = await given.connect(ada.token);
  };
  return {
    say,
    sequences,
    sequencesOfStaying: () => staying.sequences(room),
    detach: () => detach().then(attach),
    reconnect: () => reconnect().then(attach),
    end: async () => {
      await attached;
      socket.ws.close();
      staying.ws.close();
    },
  };
};

/** The bus loses, doubles or delays events; `release` delivers the delayed ones, the newest first. */
const givenFates = () => {
  let fate: Fate = 'pass';
  const delayed: (() => void)[] = [];
  given.route.take = (event: BusEvent, pass) => {
    if (fate === 'delay') delayed.push(() => pass(event));
    else if (fate !== 'lose') pass(event);
    if (fate === 'double') pass(event);
  };
  const release = (): void =>
    delayed
      .splice(0)
      .reverse()
      .forEach((pass) => pass());
  return {
    set: (next: Fate) => {
      fate = next;
      release();
    },
  };
};

const perform = async (
  client: Awaited<ReturnType<typeof givenClient>>,
  fates: ReturnType<typeof givenFates>,
  one: Step,
) => {
  if (one.type === 'say') await client.say(one.count);
  else if (one.type === 'bus') fates.set(one.fate);
  else await client[one.type]();
  return one.type === 'say' ? one.count : 0;
};

test('a client that resumes from its cursor receives each later message once and in order', async () => {
  const steps = fc.array(step, { maxLength: 14, size: 'max' });
  await fc.assert(
    fc.asyncProperty(fc.nat(20), fc.nat(20), steps, async (earlier, cursor, all) => {
      const after = Math.min(cursor, earlier);
      const client = await givenClient(earlier, after);
      const fates = givenFates();
      let head = earlier;
      for (const one of all) head += await perform(client, fates, one);
      fates.set('pass');
      const later = (position: number) => upTo(head).filter((sequence) => sequence > position);
      await eventually(() => expect(client.sequencesOfStaying()).toEqual(later(earlier)));
      await eventually(() => expect(client.sequences()).toEqual(later(after)));
      await client.end();
    }),
    // Ends the search for a smaller counterexample, before the test's own time is over.
    { seed: 1, numRuns: 20, interruptAfterTimeLimit: 30_000 },
  );
});
