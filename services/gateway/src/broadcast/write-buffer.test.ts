import type { ConnectionId } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { ConnectionView, SocketAdapter } from '../protocol/dialect.js';
import { BufferedSocket } from './buffered-socket.js';
import type { OutputOwner } from './buffered-socket.js';
import { payloadsOf } from './frames.js';
import { SubscriberGroup } from './subscriber-group.js';
import { WriteBuffer } from './write-buffer.js';

const givenReceiver = (id: string) => {
  const writes: string[][] = [];
  const log: string[] = [];
  const socket = {
    isOpen: true,
    pendingBytes: 0,
    write: (bytes: Buffer) => void (writes.push(payloadsOf(bytes).map(String)), log.push('write')),
    cork: () => void log.push('cork'),
    uncork: () => void log.push('uncork'),
  };
  const view = { id: id as ConnectionId, tooSlow: () => void (socket.isOpen = false) } as OutputOwner;
  const receiver = new BufferedSocket(socket, view);
  return { receiver, writes, log, socket, received: () => writes.flat() };
};

const givenOutbox = (hardBytes = 1_000) => {
  const clock = { now: 1 };
  const writeBuffer = new WriteBuffer(
    { hardBytes, softBytes: 100, softMs: 50 },
    () => clock.now,
    (error) => {
      throw error;
    },
  );
  return { writeBuffer, clock, group: () => new SubscriberGroup({} as SocketAdapter, writeBuffer) };
};

test('frames of a group leave as one write, the same bytes for all', () => {
  const { writeBuffer, group } = givenOutbox();
  const [a, b] = [givenReceiver('a'), givenReceiver('b')];
  const room = group();
  for (const one of [a, b]) room.join(one.receiver);
  for (const text of ['1', '2', '3']) room.add({ frame: text }, null);
  writeBuffer.flush();
  expect(a.writes).toEqual([['1', '2', '3']]);
  expect(b.writes).toEqual([['1', '2', '3']]);
  expect(writeBuffer.counters).toMatchObject({ flushes: 1, deliveries: 6, writes: 2 });
});

test('who is left out, or chooses, gets exactly the rest', () => {
  const { writeBuffer, group } = givenOutbox();
  const [a, b, c] = [givenReceiver('a'), givenReceiver('b'), givenReceiver('c')];
  const room = group();
  for (const one of [a, b, c]) room.join(one.receiver);
  room.add({ frame: '1', except: a.receiver.view.id }, null);
  room.add({ frame: '2' }, null);
  room.add({ frame: '3', accepts: (connection: ConnectionView) => connection.id !== b.receiver.view.id }, null);
  room.add({ frame: '4', except: c.receiver.view.id }, (member) => member.id === b.receiver.view.id);
  writeBuffer.flush();
  expect(a.received()).toEqual(['2', '3', '4']);
  expect(b.received()).toEqual(['1', '2']);
  expect(c.received()).toEqual(['1', '2', '3']);
});

test('who joins receives what comes afterwards, and who leaves what came before', () => {
  const { writeBuffer, group } = givenOutbox();
  const [a, b] = [givenReceiver('a'), givenReceiver('b')];
  const room = group();
  room.join(a.receiver);
  room.add({ frame: '1' }, null);
  room.join(b.receiver);
  room.add({ frame: '2' }, null);
  room.leave(a.receiver);
  room.add({ frame: '3' }, null);
  writeBuffer.flush();
  expect(a.received()).toEqual(['1', '2']);
  expect(b.received()).toEqual(['2', '3']);
});

test('own frames go first, and small frames for one socket are one write', () => {
  const { writeBuffer, group } = givenOutbox();
  const a = givenReceiver('a');
  const [one, two] = [group(), group()];
  for (const each of [one, two]) each.join(a.receiver);
  one.add({ frame: '1' }, null);
  two.add({ frame: '2' }, null);
  writeBuffer.send(a.receiver, Buffer.from([0x81, 1, 0x30]));
  writeBuffer.flush();
  expect(a.received()).toEqual(['0', '1', '2']);
  expect(a.log).toEqual(['write']);
});

test('large frames for one socket are not copied, and leave corked', () => {
  const { writeBuffer, group } = givenOutbox(100_000);
  const a = givenReceiver('a');
  const [one, two] = [group(), group()];
  for (const each of [one, two]) each.join(a.receiver);
  const large = 'x'.repeat(9_000);
  for (const each of [one, two]) each.add({ frame: large }, null);
  writeBuffer.flush();
  expect(a.received()).toEqual([large, large]);
  expect(a.log).toEqual(['cork', 'write', 'write', 'uncork']);
});

test('a reader that is found too slow by its second frame of a flush has received the first', () => {
  const { writeBuffer, group } = givenOutbox();
  const a = givenReceiver('a');
  const [one, two] = [group(), group()];
  for (const each of [one, two]) each.join(a.receiver);
  one.add({ frame: 'x'.repeat(1_001) }, null);
  two.add({ frame: 'y' }, null);
  writeBuffer.flush();
  expect(a.received()).toEqual(['x'.repeat(1_001)]);
  expect(a.socket.isOpen).toBe(false);
});

test('a reader that is behind by much, or for long, is closed', () => {
  const { writeBuffer, clock, group } = givenOutbox();
  const [much, long, catching] = [givenReceiver('much'), givenReceiver('long'), givenReceiver('catching')];
  const room = group();
  for (const one of [much, long, catching]) room.join(one.receiver);
  const flushAt = (now: number): void => {
    clock.now = now;
    room.add({ frame: 'x' }, null);
    writeBuffer.flush();
  };
  much.socket.pendingBytes = 1_001;
  long.socket.pendingBytes = catching.socket.pendingBytes = 500;
  flushAt(10);
  catching.socket.pendingBytes = 0;
  flushAt(40);
  catching.socket.pendingBytes = 500;
  flushAt(70);
  expect([much, long, catching].map((one) => one.socket.isOpen)).toEqual([false, false, true]);
});
