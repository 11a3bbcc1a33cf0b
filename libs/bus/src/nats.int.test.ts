import { servers } from '@parley/testing';
import { callSubject } from '@parley/contracts';
import { connect, headers } from 'nats';
import { expect, test } from 'vitest';
import { busSuite } from './bus.suite.js';
import { type BusPair, caller, demo, handlersOf, recordingLog } from './testing/demo.js';
import { connectNats } from './nats.js';
import { traceSuite } from './trace.suite.js';

const makePair = async (): Promise<BusPair> => {
  const { log, logged } = recordingLog();
  const others: (() => Promise<void>)[] = [];
  const end = () => connectNats({ servers: servers().natsUrl, name: 'test', log });
  const [server, callerEnd] = await Promise.all([end(), end()]);
  const another = async () => {
    const bus = await end();
    others.push(() => bus.drain());
    return bus;
  };
  // The suite drains its two buses; further ones are stopped with the server.
  const drain = async () => void (await Promise.all([server.drain(), ...others.map((stop) => stop())]));
  return { server: Object.create(server, { drain: { value: drain } }), caller: callerEnd, another, logged };
};

busSuite('nats', makePair);
traceSuite('nats', makePair);

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
};

test('what is served can be seen through the services API of NATS', async () => {
  const { log } = recordingLog();
  const bus = await connectNats({ servers: servers().natsUrl, name: 'test', log });
  const c = demo();
  await bus.serve(c, handlersOf(), { version: '1.2.3' });
  await bus.client(c).thing.get({ id: 1 }, caller);
  const nc = await connect({ servers: servers().natsUrl });
  try {
    const monitor = nc.services.client();
    const info = await all(await monitor.info(`parley-${c.service}`));
    expect(info).toMatchObject([{ name: `parley-${c.service}`, version: '1.2.3' }]);
    expect(info[0]?.endpoints.map((e) => [e.subject, e.queue_group])).toEqual([
      [`rpc.${c.service}.thing.get`, c.service],
      [`rpc.${c.service}.thing.make`, c.service],
    ]);
    const stats = await all(await monitor.stats(`parley-${c.service}`));
    expect(stats[0]?.endpoints?.map((e) => e.num_requests)).toEqual([1, 0]);
  } finally {
    await nc.close();
    await bus.drain();
  }
});

test('a deadline is the time that is left, whatever the clocks of caller and server say; the old header counts where that is missing', async () => {
  const { log } = recordingLog();
  const bus = await connectNats({ servers: servers().natsUrl, name: 'test', log });
  const c = demo();
  const left: number[] = [];
  await bus.serve(
    c,
    handlersOf({ make: async ({ text }, { deadline }) => (left.push(deadline - performance.now()), { text }) }),
  );
  const nc = await connect({ servers: servers().natsUrl });
  const call = async (times: Record<string, string>): Promise<string> => {
    const sent = headers();
    const all = { 'X-Parley-Principal': JSON.stringify(caller.principal), ...times };
    for (const [name, value] of Object.entries(all)) sent.set(name, value);
    const answer = await nc.request(callSubject(c.service, 'thing', 'make'), JSON.stringify({ text: 'x' }), {
      headers: sent,
      timeout: 2000,
    });
    return answer.headers?.get('X-Parley-Fault') || 'answered';
  };
  const old = (inMs: number) => ({ 'X-Parley-Deadline': String(Date.now() + inMs) });
  try {
    for (const wrongByMs of [-3_600_000, 3_600_000]) {
      expect(await call({ 'X-Parley-Time-Left': '1500', ...old(wrongByMs) })).toBe('answered');
    }
    expect(await call(old(1500))).toBe('answered');
    for (const each of left) expect(Math.abs(each - 1500)).toBeLessThan(300);
    expect(await call(old(-1))).toContain('deadline_exceeded');
    expect(await call({ 'X-Parley-Time-Left': '0' })).toContain('deadline_exceeded');
    expect(left).toHaveLength(3);
  } finally {
    await nc.close();
    await bus.drain();
  }
});
