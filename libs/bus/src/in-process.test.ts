import { contract } from '@parley/contracts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { inProcessBus } from './in-process.js';

test('a call is answered', async () => {
  const c = contract('demo', { n: { v: { input: z.object({ a: z.int() }), output: z.object({ b: z.int() }) } } });
  const bus = inProcessBus();
  await bus.serve(c, { n: { v: async ({ a }) => ({ b: a + 1 }) } });
  await expect(
    bus.client(c).n.v({ a: 1 }, { principal: { kind: 'system', realm: 'main', service: 'test' } }),
  ).resolves.toEqual({ b: 2 });
  await expect(
    // @ts-expect-error wrong on purpose
    bus.client(c).n.v({ a: 'x' }, { principal: { kind: 'system', realm: 'main', service: 'test' } }),
  ).rejects.toMatchObject({ code: 'invalid', message: 'a: Invalid input: expected number, received string' });
  await bus.drain();
});
