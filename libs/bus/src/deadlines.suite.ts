import { type Handlers, deadlineIn } from '@parley/contracts';
import { expect, test } from 'vitest';
import { type BusPair, type Demo, caller, demo, handlersOf } from './testing/demo.js';

export const deadlineCases = (pair: () => BusPair): void => {
  test('nobody answering is unavailable at once', async () => {
    const { thing } = pair().caller.client(demo());
    for (const call of [() => thing.make({ text: 'x' }, caller), () => thing.get({ id: 1 }, caller)]) {
      const start = performance.now();
      await expect(call()).rejects.toMatchObject({
        ...{ code: 'unavailable', reason: 'no_responders' },
        ...{ retryAfterMs: 1000, undelivered: true },
      });
      expect(performance.now() - start).toBeLessThan(2_000);
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
      .thing.make({ text: 'x' }, { ...caller, deadline: deadlineIn(200) });
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable', reason: 'deadline_exceeded', undelivered: undefined });
    expect(performance.now() - start).toBeLessThan(1500);
    release();
  });

  test('a call that is not repeatable is made once, even when no answer comes', async () => {
    const c = demo();
    let calls = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow: Handlers<Demo>['thing']['make'] = async ({ text }) => {
      calls += 1;
      await held;
      return { text };
    };
    await pair().server.serve(c, handlersOf({ make: slow }));
    const call = pair()
      .caller.client(c)
      .thing.make({ text: 'x' }, { ...caller, deadline: deadlineIn(300) });
    await expect(call).rejects.toMatchObject({ reason: 'deadline_exceeded' });
    release();
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
    const deadline = deadlineIn(1000);
    await thing.make({ text: 'x' }, { ...caller, deadline });
    expect(seen).toEqual([expect.closeTo(deadline, -2)]);
    await expect(thing.make({ text: 'x' }, { ...caller, deadline: deadlineIn(-1) })).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'deadline_exceeded',
    });
    expect(seen).toHaveLength(1);
  });
};
