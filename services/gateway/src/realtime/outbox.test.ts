import type { ConnectionId } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { Session, SocketWire } from '../dialects/dialect.js';
import { payloadsOf } from '../edge/frames.js';
import type { LiveSocket } from '../edge/socket.js';
import { Group } from './group.js';
import { Outbox } from './outbox.js';
import type { Receiver } from './outbox.js';

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
  const receiver = {
    id: id as ConnectionId,
    socket: socket as unknown as LiveSocket,
    own: null,
    ownBytes: 0,
    touchedIn: 0,
    touches: 0,
    corkedIn: 0,
    behindSince: 0,
    tooSlow: () => void (socket.isOpen = false),
  } as unknown as Receiver;
  return { receiver, writes, log, socket, heard: () => writes.flat() };
};

const givenOutbox = () => {
  const clock = { now: 1 };
  const outbox = new Outbox(
    { hardBytes: 1_000, softBytes: 100, softMs: 50 },
    () => clock.now,
    (error) => {
      throw error;
    },
  );
  return { outbox, clock, group: () => new Group({} as SocketWire, outbox) };
};

test('frames of a group leave as one write, the same bytes for all', () => {
  const { outbox, group } = givenOutbox();
  const [a, b] = [givenReceiver('a'), givenReceiver('b')];
  const room = group();
  for (const one of [a, b]) room.join(one.receiver);
  for (const text of ['1', '2', '3']) room.add({ frame: text }, null);
  outbox.flush();
  expect(a.writes).toEqual([['1', '2', '3']]);
  expect(b.writes).toEqual([['1', '2', '3']]);
  expect(outbox.counts).toMatchObject({ flushes: 1, deliveries: 6, writes: 2 });
});

test('who is left out, or chooses, gets exactly the rest', () => {
  const { outbox, group } = givenOutbox();
  const [a, b, c] = [givenReceiver('a'), givenReceiver('b'), givenReceiver('c')];
  const room = group();
  for (const one of [a, b, c]) room.join(one.receiver);
  room.add({ frame: '1', except: a.receiver.id }, null);
  room.add({ frame: '2' }, null);
  room.add({ frame: '3', hears: (session: Session) => session.id !== b.receiver.id }, null);
  room.add({ frame: '4', except: c.receiver.id }, (member) => member.id === b.receiver.id);
  outbox.flush();
  expect(a.heard()).toEqual(['2', '3', '4']);
  expect(b.heard()).toEqual(['1', '2']);
  expect(c.heard()).toEqual(['1', '2', '3']);
});

test('who joins hears what comes afterwards, and who leaves what came before', () => {
  const { outbox, group } = givenOutbox();
  const [a, b] = [givenReceiver('a'), givenReceiver('b')];
  const room = group();
  room.join(a.receiver);
  room.add({ frame: '1' }, null);
  room.join(b.receiver);
  room.add({ frame: '2' }, null);
  room.leave(a.receiver);
  room.add({ frame: '3' }, null);
  outbox.flush();
  expect(a.heard()).toEqual(['1', '2']);
  expect(b.heard()).toEqual(['2', '3']);
});

test('own frames go first, and several writes to one socket are corked', () => {
  const { outbox, group } = givenOutbox();
  const a = givenReceiver('a');
  const [one, two] = [group(), group()];
  for (const each of [one, two]) each.join(a.receiver);
  one.add({ frame: '1' }, null);
  two.add({ frame: '2' }, null);
  outbox.send(a.receiver, Buffer.from([0x81, 1, 0x30]));
  outbox.flush();
  expect(a.heard()).toEqual(['0', '1', '2']);
  expect(a.log).toEqual(['cork', 'write', 'write', 'write', 'uncork']);
});

test('a reader that is behind by much, or for long, is closed', () => {
  const { outbox, clock, group } = givenOutbox();
  const [much, long, catching] = [givenReceiver('much'), givenReceiver('long'), givenReceiver('catching')];
  const room = group();
  for (const one of [much, long, catching]) room.join(one.receiver);
  const flushAt = (now: number): void => {
    clock.now = now;
    room.add({ frame: 'x' }, null);
    outbox.flush();
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
