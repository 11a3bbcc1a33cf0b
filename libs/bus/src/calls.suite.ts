import { type CallOptions, type Handlers, deadlineIn } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type BusPair, type Demo, caller, demo, handlersOf } from './testing/demo.js';

export const callCases = (pair: () => BusPair): void => {
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
    const deadline = deadlineIn(2345);
    await pair().caller.client(c).thing.make({ text: 'x' }, { principal, deadline });
    expect(seen).toEqual([{ principal, deadline: expect.closeTo(deadline, -2) }]);
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
    let allRun = (): void => undefined;
    const together = new Promise<void>((resolve) => (allRun = resolve));
    // None is answered before all have begun.
    const get: Handlers<Demo>['thing']['get'] = async ({ id }) => {
      if ((running += 1) === 20) allRun();
      await together;
      return { id, text: '' };
    };
    await pair().server.serve(c, handlersOf({ get }));
    const { thing } = pair().caller.client(c);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => thing.get({ id: i + 1 }, caller)));
    expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(running).toBe(20);
  });
};
