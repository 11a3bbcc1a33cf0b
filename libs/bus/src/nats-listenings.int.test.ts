// A gateway listens to one scope for each account that connects, for as long as it runs.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { servers } from '@parley/testing';
import { type Scope, everyEventOf } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { connectNats } from './nats.js';
import { recordingLog } from './testing/demo.js';

const account = (): Scope => ({ kind: 'account', id: randomUUID() });

const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

test('a subscription that was stopped leaves nothing behind', async () => {
  const bus = await connectNats({ servers: servers().natsUrl, name: 'test', log: recordingLog().log });
  onTestFinished(() => bus.drain());
  const anything = z.object({ name: z.string() });
  // One after another, because those that come together share a round trip to the server.
  const listenAndStop = async (count: number): Promise<void> => {
    for (let one = 0; one < count; one += 1) (await bus.listen(everyEventOf(account()), anything, () => {})).stop();
  };
  const usedAfter = async (count: number): Promise<number> => {
    await listenAndStop(count);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  await usedAfter(1_000);
  const before = await usedAfter(1_000);
  const count = 3_000;
  expect(((await usedAfter(count)) - before) / count).toBeLessThan(150);
});
