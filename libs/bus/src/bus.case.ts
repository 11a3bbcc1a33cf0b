import {
  type CallOptions,
  type Handlers,
  Fault,
  type Scope,
  contract,
  everyFactOf,
  everyScopeOf,
  factSubject,
} from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Bus, type BusLog, bodyBytesMax } from './bus.js';
import type { BusCounts } from './facts.js';

/** Two ends of one bus, as two processes have them, and what they wrote to their log. */
export interface BusPair {
  readonly server: CountingBus;
  readonly caller: CountingBus;
  /** One more end, for a second replica. */
  readonly another: () => Promise<CountingBus>;
  readonly logged: Logged[];
}
export type CountingBus = Bus & { readonly counts: BusCounts };
export interface Logged {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly details: Record<string, unknown>;
}

/** A log that keeps what it is told. */
export const recordingLog = (): { log: BusLog; logged: Logged[] } => {
  const logged: Logged[] = [];
  const at = (level: Logged['level']) => (details: object, message: string) =>
    void logged.push({ level, message, details: { ...details } });
  return { log: { warn: at('warn'), error: at('error') }, logged };
};

/** A service of its own for every test, so that tests share a server and not each other's calls. */
export const demo = () =>
  contract(`demo${randomUUID().slice(0, 8)}`, {
    thing: {
      get: {
        input: z.object({ id: z.int().min(1), text: z.string().default('') }),
        output: z.object({ id: z.int(), text: z.string(), by: z.string().default('') }),
        repeatable: true,
      },
      make: { input: z.object({ text: z.string() }), output: z.object({ text: z.string() }), deadlineMs: 3000 },
    },
  });
export type Demo = ReturnType<typeof demo>;

export const caller: CallOptions = { principal: { kind: 'system', realm: 'main', service: 'test' } };

export const handlersOf = (changes: Partial<Handlers<Demo>['thing']> = {}): Handlers<Demo> => ({
  thing: { get: async ({ id, text }) => ({ id, text }), make: async ({ text }) => ({ text }), ...changes },
});

export const Told = z.object({ name: z.literal('thing.told'), n: z.number() });
export const channel = (): Scope => ({ kind: 'channel', id: randomUUID() });
const told = (n: number) => ({ name: 'thing.told', n });

export const until = async (condition: () => boolean, limitMs = 5000): Promise<void> => {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Not within ${limitMs} ms: ${condition.toString()}`);
    await sleep(5);
  }
};

/** What every driver keeps. */
export const busSuite = (name: string, makePair: () => Promise<BusPair>): void => {
  describe(`bus: ${name}`, () => {
    let pair: BusPair;
    beforeEach(async () => {
      pair = await makePair();
    });
    afterEach(async () => {
      await pair.caller.drain();
      await pair.server.drain();
    });
    const get = () => pair;
    callCases(get);
    faultCases(get);
    deadlineCases(get);
    factCases(get);
    drainCases(get);
  });
};

const callCases = (pair: () => BusPair): void => {
  test('a call is answered with defaults filled in on both sides', async () => {
    const c = demo();
    await pair().server.serve(c, handlersOf());
    await expect(pair().caller.client(c).thing.get({ id: 1 }, caller)).resolves.toEqual({ id: 1, text: '', by: '' });
  });

  test('two servers of one service share its calls, and each call is answered once', async () => {
    const c = demo();
    const counted = { first: 0, second: 0 };
    const by = (who: keyof typeof counted) =>
      handlersOf({ get: async ({ id }) => ({ id, text: '', by: ((counted[who] += 1), who) }) });
    await pair().server.serve(c, by('first'));
    await (await pair().another()).serve(c, by('second'));
    const { thing } = pair().caller.client(c);
    const ids = Array.from({ length: 200 }, (_, i) => i + 1);
    const answers = await Promise.all(ids.map((id) => thing.get({ id }, caller)));
    expect(answers.map((a) => a.id)).toEqual(ids);
    expect(counted.first + counted.second).toBe(200);
    expect(Math.min(counted.first, counted.second)).toBeGreaterThan(20);
  });

  test('the principal and the deadline arrive as the caller gave them', async () => {
    const c = demo();
    const seen: unknown[] = [];
    await pair().server.serve(c, handlersOf({ make: async ({ text }, context) => (seen.push(context), { text }) }));
    const principal = {
      kind: 'account',
      realm: 'main',
      dialect: 'v1',
      accountId: randomUUID(),
      number: 7,
      handle: 'h',
      name: 'Ada\r\nX-Parley-Fault: 1 – ünï 🎈',
      sessionId: randomUUID(),
    } as CallOptions['principal'];
    const deadline = Date.now() + 2345;
    await pair().caller.client(c).thing.make({ text: 'x' }, { principal, deadline });
    expect(seen).toEqual([{ principal, deadline }]);
  });

  test('the same object is never shared: a handler gets a copy and so does the caller', async () => {
    const c = demo();
    const made = { text: 'kept' };
    await pair().server.serve(c, handlersOf({ make: async () => made }));
    const result = await pair().caller.client(c).thing.make({ text: 'x' }, caller);
    result.text = 'changed';
    expect(made.text).toBe('kept');
  });

  test('calls of one caller run side by side', async () => {
    const c = demo();
    let running = 0;
    let most = 0;
    const get: Handlers<Demo>['thing']['get'] = async ({ id }) => {
      most = Math.max(most, (running += 1));
      await sleep(50);
      running -= 1;
      return { id, text: '' };
    };
    await pair().server.serve(c, handlersOf({ get }));
    const { thing } = pair().caller.client(c);
    await Promise.all(Array.from({ length: 20 }, (_, i) => thing.get({ id: i + 1 }, caller)));
    expect(most).toBe(20);
  });
};

const faultCases = (pair: () => BusPair): void => {
  const failing = async (error: unknown) => {
    const c = demo();
    await pair().server.serve(c, handlersOf({ make: () => Promise.reject(error) }));
    return pair().caller.client(c).thing.make({ text: 'x' }, caller);
  };

  test('a fault arrives with code, reason, message and retryAfterMs, and without its cause', async () => {
    const fault = new Fault('rate_limited', 'too_fast', 'Slow down:\r\nplease – ünï', {
      retryAfterMs: 250,
      cause: 'inside',
    });
    const error = await failing(fault).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Fault);
    expect(error).toMatchObject({
      code: 'rate_limited',
      reason: 'too_fast',
      message: 'Slow down:\r\nplease – ünï',
      retryAfterMs: 250,
    });
    expect((error as Fault).cause).toBeUndefined();
  });

  test('an unknown error becomes internal, tells nothing, and is logged once', async () => {
    const error = await failing(new Error('password=hunter2')).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'internal', reason: 'internal' });
    expect(JSON.stringify([error, (error as Fault).message])).not.toContain('hunter2');
    expect(pair().logged.filter((l) => l.level === 'error')).toHaveLength(1);
  });

  test('an input that the schema refuses names path and rule, not the value, and does not reach the handler', async () => {
    const c = demo();
    let called = false;
    await pair().server.serve(c, handlersOf({ get: async ({ id }) => ((called = true), { id, text: '' }) }));
    const call = pair().caller.client(c).thing.get({ id: -4711 }, caller);
    const error = await call.catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'invalid', reason: 'invalid_input', message: expect.stringMatching(/^id: /) });
    expect((error as Fault).message).not.toContain('4711');
    expect(called).toBe(false);
  });

  test('an answer that the schema refuses is internal', async () => {
    const c = demo();
    const wrong = async () => ({ text: 1 }) as unknown as { text: string };
    await pair().server.serve(c, handlersOf({ make: wrong }));
    const call = pair().caller.client(c).thing.make({ text: 'x' }, caller);
    await expect(call).rejects.toMatchObject({ code: 'internal', reason: 'invalid_output' });
  });

  test('bodies up to the limit pass, above it both directions are refused', async () => {
    const c = demo();
    await pair().server.serve(
      c,
      handlersOf({
        make: async ({ text }) => ({ text }),
        get: async ({ id }) => ({ id, text: 'ü'.repeat(id) }),
      }),
    );
    const { thing } = pair().caller.client(c);
    const around = JSON.stringify({ text: '' }).length;
    const largest = 'a'.repeat(bodyBytesMax - around);
    await expect(thing.make({ text: largest }, caller)).resolves.toEqual({ text: largest });
    await expect(thing.make({ text: `${largest}a` }, caller)).rejects.toMatchObject({
      code: 'invalid',
      reason: 'too_large',
    });
    await expect(thing.get({ id: bodyBytesMax / 2 }, caller)).rejects.toMatchObject({
      code: 'internal',
      reason: 'reply_too_large',
    });
  });
};

const deadlineCases = (pair: () => BusPair): void => {
  test('nobody answering is unavailable at once', async () => {
    const { thing } = pair().caller.client(demo());
    for (const call of [() => thing.make({ text: 'x' }, caller), () => thing.get({ id: 1 }, caller)]) {
      const start = performance.now();
      await expect(call()).rejects.toMatchObject({ code: 'unavailable', reason: 'no_responders', retryAfterMs: 1000 });
      expect(performance.now() - start).toBeLessThan(500);
    }
  });

  test('a repeatable call finds a server that comes a moment later', async () => {
    const c = demo();
    const call = pair().caller.client(c).thing.get({ id: 1 }, caller);
    await pair().server.serve(c, handlersOf());
    await expect(call).resolves.toMatchObject({ id: 1 });
  });

  test('a handler that takes too long is deadline_exceeded when the time is up', async () => {
    const c = demo();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await pair().server.serve(c, handlersOf({ make: async ({ text }) => (await held, { text }) }));
    const start = performance.now();
    const call = pair()
      .caller.client(c)
      .thing.make({ text: 'x' }, { ...caller, deadline: Date.now() + 200 });
    await expect(call).rejects.toMatchObject({ code: 'unavailable', reason: 'deadline_exceeded' });
    expect(performance.now() - start).toBeLessThan(1500);
    release();
  });

  test('a call that is not repeatable is made once, even when no answer comes', async () => {
    const c = demo();
    let calls = 0;
    const slow: Handlers<Demo>['thing']['make'] = async ({ text }) => {
      calls += 1;
      await sleep(400);
      return { text };
    };
    await pair().server.serve(c, handlersOf({ make: slow }));
    const call = pair()
      .caller.client(c)
      .thing.make({ text: 'x' }, { ...caller, deadline: Date.now() + 300 });
    await expect(call).rejects.toMatchObject({ reason: 'deadline_exceeded' });
    expect(calls).toBe(1);
  });

  test('a deadline that has passed runs nothing, and is passed on to nested calls', async () => {
    const inner = demo();
    const outer = demo();
    const seen: number[] = [];
    await pair().server.serve(
      inner,
      handlersOf({ make: async ({ text }, { deadline }) => (seen.push(deadline), { text }) }),
    );
    const nested = pair().server.client(inner).thing;
    await pair().server.serve(outer, handlersOf({ make: (input, context) => nested.make(input, context) }));
    const { thing } = pair().caller.client(outer);
    const deadline = Date.now() + 1000;
    await thing.make({ text: 'x' }, { ...caller, deadline });
    expect(seen).toEqual([deadline]);
    await expect(thing.make({ text: 'x' }, { ...caller, deadline: Date.now() - 1 })).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'deadline_exceeded',
    });
    expect(seen).toHaveLength(1);
  });
};

const factCases = (pair: () => BusPair): void => {
  test('facts are heard by exact subject, by scope, by name and by odd patterns, in order, once each', async () => {
    const scope = channel();
    const heard: Record<string, number[]> = {};
    const patterns = {
      exact: factSubject('thing.told', scope),
      scope: everyFactOf(scope),
      name: everyScopeOf('thing.told', 'channel'),
      odd: `evt.thing.*.*.${scope.id}`,
      rest: 'evt.thing.>',
    };
    for (const [key, pattern] of Object.entries(patterns)) {
      const into: number[] = (heard[key] = []);
      await pair().caller.listen(pattern, Told, (fact) => void into.push(fact.n));
    }
    await pair().caller.listen(everyFactOf(channel()), Told, () => void (heard.other = [1]));
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    for (const n of numbers) pair().server.publish(told(n), [scope]);
    await until(() => Object.keys(patterns).every((key) => heard[key]?.length === 100));
    for (const key of Object.keys(patterns)) expect(heard[key]).toEqual(numbers);
    expect(heard.other).toBeUndefined();
  });

  test('a fact is told along each road, and a publisher hears itself, later', async () => {
    const roads = [channel(), channel()];
    let heard = 0;
    for (const road of roads) await pair().server.listen(everyFactOf(road), Told, () => void (heard += 1));
    pair().server.publish(told(1), roads);
    expect(heard).toBe(0);
    await until(() => heard === 2);
  });

  test('in a queue one listener hears each fact', async () => {
    const scope = channel();
    const heard: number[][] = [[], []];
    const buses = [pair().caller, await pair().another()];
    for (const [i, bus] of buses.entries())
      await bus.listen(everyFactOf(scope), Told, (fact) => void heard[i]?.push(fact.n), { queue: 'shared' });
    for (let n = 0; n < 200; n += 1) pair().server.publish(told(n), [scope]);
    await until(() => heard.flat().length === 200);
    expect(heard.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    for (const own of heard) expect(own.length).toBeGreaterThan(20);
  });

  test('facts that the schema refuses are dropped and counted, and the next ones are heard', async () => {
    const scope = channel();
    const heard: number[] = [];
    await pair().caller.listen(everyFactOf(scope), Told, (fact) => {
      heard.push(fact.n);
      if (fact.n === 1) throw new Error('a listener that fails');
    });
    const wrong: { name: string } = { name: 'thing.unknown' };
    pair().server.publish(wrong, [scope]);
    for (const n of [1, 2]) pair().server.publish(told(n), [scope]);
    await until(() => heard.length === 2);
    expect(pair().caller.counts.refusedFacts).toBe(1);
    expect(pair().logged.map((l) => l.message)).toEqual(['A fact was refused by its schema', 'A listener failed']);
  });

  test('a fact that cannot be told is dropped, counted and never thrown', () => {
    const scope = channel();
    pair().server.publish({ name: 'thing.told', n: 10n } as { name: string }, [scope]);
    pair().server.publish({ name: 'thing.told', text: 'x'.repeat(bodyBytesMax) } as { name: string }, [scope]);
    expect(pair().server.counts.droppedFacts).toBe(2);
  });

  test('after stop the handler is not called again', async () => {
    const scope = channel();
    let heard = 0;
    let after = 0;
    const listening = await pair().caller.listen(everyFactOf(scope), Told, () => {
      heard += 1;
      listening.stop();
    });
    await pair().caller.listen(everyFactOf(scope), Told, () => void (after += 1));
    for (let n = 0; n < 20; n += 1) pair().server.publish(told(n), [scope]);
    await until(() => after === 20);
    expect(heard).toBe(1);
  });
};

const drainCases = (pair: () => BusPair): void => {
  test('a drained server answers all that is in flight, and nothing after', async () => {
    const c = demo();
    let begun = 0;
    const get: Handlers<Demo>['thing']['get'] = async ({ id }) => {
      begun += 1;
      await sleep(200);
      return { id, text: '' };
    };
    await pair().server.serve(c, handlersOf({ get }));
    const { thing } = pair().caller.client(c);
    const calls = Array.from({ length: 50 }, (_, i) => thing.get({ id: i + 1 }, caller));
    await until(() => begun === 50);
    await pair().server.drain();
    expect((await Promise.all(calls)).map((a) => a.id)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    await expect(thing.make({ text: 'x' }, caller)).rejects.toMatchObject({ reason: 'no_responders' });
    expect(pair().server.connected).toBe(false);
  });

  test('calls that arrive while one of two servers drains are answered by the other, none is lost', async () => {
    const c = demo();
    const get: Handlers<Demo>['thing']['get'] = async ({ id }) => (await sleep(id % 5), { id, text: '' });
    await pair().server.serve(c, handlersOf({ get }));
    const second = await pair().another();
    await second.serve(c, handlersOf({ get }));
    const { thing } = pair().caller.client(c);
    let draining: Promise<void> | undefined;
    const calls: Promise<{ id: number }>[] = [];
    for (let i = 1; i <= 300; i += 1) {
      calls.push(thing.get({ id: i }, caller));
      if (i === 100) draining = second.drain();
      if (i % 10 === 0) await sleep(1);
    }
    expect((await Promise.all(calls)).map((a) => a.id)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    await draining;
  });

  test('what was published before drain is heard', async () => {
    const scope = channel();
    let heard = 0;
    await pair().caller.listen(everyFactOf(scope), Told, () => void (heard += 1));
    for (let n = 0; n < 100; n += 1) pair().server.publish(told(n), [scope]);
    await pair().server.drain();
    await until(() => heard === 100);
    pair().server.publish(told(1), [scope]);
    expect(pair().server.counts.droppedFacts).toBe(1);
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
