import { Fault } from '@parley/contracts';
import { expect, test } from 'vitest';
import { bodyBytesMax } from './bus.js';
import { type BusPair, caller, demo, handlersOf } from './testing/demo.js';

export const faultCases = (pair: () => BusPair): void => {
  const failing = async (error: Error) => {
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

  test('an unknown error becomes internal, reveals nothing, and is logged once', async () => {
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
    expect(pair().logged.map((l) => l.message)).toEqual(['A call had no readable answer']);
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
    expect(pair().logged.map((l) => l.message)).toEqual(['A call failed']);
  });
};
