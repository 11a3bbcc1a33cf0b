import { servers } from '@parley/testing';
import { connect } from 'nats';
import { afterEach, expect, test } from 'vitest';
import { writeAtTurnEnd } from './turn-end.js';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

/** A connection that counts its writes, and what another one receives of it. */
const given = async () => {
  const { natsUrl } = servers();
  const [nc, other] = [await connect({ servers: natsUrl }), await connect({ servers: natsUrl })];
  undo.push(
    () => nc.close(),
    () => other.close(),
  );
  const received: string[] = [];
  const subject = `test.${crypto.randomUUID()}`;
  other.subscribe(subject, { callback: (_error, message) => void received.push(message.string()) });
  await other.flush();
  const { transport } = (nc as unknown as { protocol: { transport: { send(bytes: Uint8Array): void } } }).protocol;
  const send = transport.send.bind(transport);
  const writes: number[] = [];
  transport.send = (bytes) => {
    writes.push(bytes.length);
    send(bytes);
  };
  return {
    nc,
    subject,
    received,
    writes,
    turnEnd: writeAtTurnEnd(nc),
    arrived: () => nc.flush().then(() => other.flush()),
  };
};

const microtasks = async (count: number): Promise<void> => {
  for (let one = 0; one < count; one += 1) await Promise.resolve();
};

test('what is published in one turn, and what waits for its end, is one write, in that order', async () => {
  const { nc, subject, received, writes, turnEnd, arrived } = await given();
  for (const text of ['1', '2', '3']) {
    nc.publish(subject, text);
    await microtasks(5);
  }
  turnEnd.add(() => nc.publish(subject, '5'));
  nc.publish(subject, '4');
  expect(writes).toEqual([]);
  await new Promise(setImmediate);
  expect(writes).toHaveLength(1);
  await arrived();
  expect(received).toEqual(['1', '2', '3', '4', '5']);
});

test('what fills the buffer is written within the turn', async () => {
  const { nc, subject, received, writes, arrived } = await given();
  const large = 'x'.repeat(20_000);
  for (let one = 0; one < 8; one += 1) nc.publish(subject, large);
  expect(writes.length).toBeGreaterThan(1);
  await arrived();
  expect(received).toHaveLength(8);
});

test('what is published while the last write is under way is written, too', async () => {
  const { nc, subject, received, turnEnd, arrived } = await given();
  turnEnd.add(() => {
    nc.publish(subject, '1');
    turnEnd.add(() => nc.publish(subject, '2'));
  });
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  await arrived();
  expect(received).toEqual(['1', '2']);
});
