import { servers } from '@parley/testing';
import { connect } from 'nats';
import { expect, test } from 'vitest';
import { busSuite } from './bus.case.js';
import { type BusPair, caller, demo, handlersOf, recordingLog } from './demo.case.js';
import { connectNats } from './nats.js';
import { traceSuite } from './trace.case.js';

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
  // The suite drains the two it always has; further ones go with the server.
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
