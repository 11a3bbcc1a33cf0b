import { inProcessBus } from '@parley/bus';
import { Fault, contract } from '@parley/contracts';
import { createMetrics } from '@parley/runtime';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { busMeter, exposeBusMetrics } from './observe.js';

const quiet = { warn: () => undefined, error: () => undefined };
const shelf = contract('shelf', { book: { find: { input: z.object({ title: z.string() }), output: z.string() } } });
const principal = { kind: 'system', realm: 'main', service: 'test' } as const;

test('calls are measured on both sides by operation and outcome, and events by name', async () => {
  const metrics = createMetrics('shelf');
  const bus = inProcessBus({ log: quiet, meter: busMeter(metrics) });
  exposeBusMetrics(metrics, bus);
  const find = async ({ title }: { title: string }): Promise<string> => {
    if (title === 'none') throw new Fault('not_found', 'book_not_found', 'No such book');
    if (title === 'broken') throw new Error('broken');
    return title;
  };
  await bus.serve(shelf, { book: { find } });
  const ask = (title: string) => bus.client(shelf).book.find({ title }, { principal });
  await ask('a');
  await ask('b');
  await expect(ask('none')).rejects.toMatchObject({ code: 'not_found' });
  await expect(ask('broken')).rejects.toMatchObject({ code: 'internal' });
  bus.publish({ name: 'book.read' }, [
    { kind: 'account', id: 'a' },
    { kind: 'account', id: 'b' },
  ]);
  const text = await metrics.registry.metrics();
  for (const side of ['call', 'serve'])
    for (const [outcome, count] of Object.entries({ ok: 2, not_found: 1, internal: 1 }))
      expect(text).toContain(
        `parley_${side}_seconds_count{operation="shelf.book.find",outcome="${outcome}",service="shelf"} ${count}`,
      );
  expect(text).toContain('parley_facts_told_total{fact="book.read",service="shelf"} 1');
  expect(text).toContain('parley_bus_connected{service="shelf"} 1');
  await bus.drain();
  expect(await metrics.registry.metrics()).toContain('parley_bus_connected{service="shelf"} 0');
});

test('a call that nobody answers is counted where it was made', async () => {
  const metrics = createMetrics('shelf');
  const bus = inProcessBus({ log: quiet, meter: busMeter(metrics) });
  await expect(bus.client(shelf).book.find({ title: 'a' }, { principal })).rejects.toMatchObject({
    code: 'unavailable',
  });
  const text = await metrics.registry.metrics();
  expect(text).toContain(
    'parley_call_seconds_count{operation="shelf.book.find",outcome="unavailable",service="shelf"} 1',
  );
  expect(text).not.toContain('parley_serve_seconds_count');
  await bus.drain();
});
