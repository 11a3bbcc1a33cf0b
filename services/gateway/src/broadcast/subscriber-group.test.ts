import type { ConnectionId } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { Encoded, SocketAdapter } from '../protocol/dialect.js';
import { BufferedSocket } from './buffered-socket.js';
import type { OutputOwner } from './buffered-socket.js';
import { payloadsOf } from './frames.js';
import { SubscriberGroup } from './subscriber-group.js';

/** A group with some members, and what it asks of its write buffer and sends. */
const given = (...names: string[]) => {
  const asked = { woken: 0, full: 0 };
  const atLeaving: [string, string[]][] = [];
  const group = new SubscriberGroup({} as SocketAdapter, {
    wake: () => void (asked.woken += 1),
    full: () => void (asked.full += 1),
    send: ({ view }, bytes) => void atLeaving.push([view.id, payloadsOf(bytes).map(String)]),
  });
  const member = (id: string): BufferedSocket => {
    const socket = { isOpen: true, pendingBytes: 0, write: () => {}, cork: () => {}, uncork: () => {} };
    return new BufferedSocket(socket, { id: id as ConnectionId, tooSlow: () => {} } as OutputOwner);
  };
  const members = names.map(member);
  for (const one of members) group.join(one);
  const flush = () => {
    const buffers = new Map<string, Buffer>();
    const count = group.flush(({ view }, bytes) => void buffers.set(view.id, bytes));
    const received = Object.fromEntries([...buffers].map(([id, bytes]) => [id, payloadsOf(bytes).map(String)]));
    return { count, buffers, received };
  };
  const add = (frame: string, more: Omit<Encoded, 'frame'> = {}) => group.add({ frame, ...more }, null);
  return { group, asked, atLeaving, member, members, flush, add };
};

test('the write buffer is woken by the first pending frame alone, and again after a flush', () => {
  const { asked, add, flush } = given('a');
  add('1');
  add('2');
  expect(asked.woken).toBe(1);
  flush();
  add('3');
  expect(asked.woken).toBe(2);
});

test('512 frames are enough for a write, and so are 256 KB in fewer', () => {
  const { asked, add, flush } = given('a');
  for (let n = 0; n < 511; n += 1) add('x');
  expect(asked.full).toBe(0);
  add('x');
  expect(asked.full).toBe(1);
  flush();
  // A frame of more than 64 KB has a header of ten bytes.
  const half = 'x'.repeat(128 * 1024 - 10);
  add(half);
  add(half.slice(1));
  expect(asked.full).toBe(1);
  add('x');
  expect(asked.full).toBe(2);
  flush();
  add(half);
  add(half);
  expect(asked.full).toBe(3);
  flush();
  add('x');
  expect(asked.full).toBe(3);
});

test('who joins while frames are pending receives the later ones only, however often it joins', () => {
  const { group, member, add, flush } = given('a');
  const late = member('late');
  add('1');
  group.join(late);
  add('2');
  group.join(late);
  expect(flush()).toMatchObject({ count: 3, received: { a: ['1', '2'], late: ['2'] } });
  add('3');
  expect(flush()).toMatchObject({ count: 2, received: { a: ['3'], late: ['3'] } });
});

test('who joins last receives nothing that was pending, at a flush or when it leaves', () => {
  const { group, member, atLeaving, add, flush } = given('a');
  const [late, passing] = [member('late'), member('passing')];
  add('1');
  group.join(late);
  group.join(passing);
  group.leave(passing);
  expect(atLeaving).toEqual([]);
  expect(flush()).toMatchObject({ count: 1, received: { a: ['1'] } });
});

test('who leaves gets what was pending for it, once, and then nothing', () => {
  const { group, members, member, atLeaving, add, flush } = given('a', 'b');
  const [, b] = members;
  const late = member('late');
  add('1');
  add('2', { except: b!.view.id });
  group.join(late);
  add('3', { accepts: ({ id }) => id !== b!.view.id });
  add('4');
  for (const one of [b!, b!, late, late]) group.leave(one);
  expect(atLeaving).toEqual([
    ['b', ['1', '4']],
    ['late', ['3', '4']],
  ]);
  expect(flush()).toMatchObject({ count: 4, received: { a: ['1', '2', '3', '4'] } });
});

test('who left and joins again while frames are pending receives none of them twice', () => {
  const { group, members, member, atLeaving, add, flush } = given('a');
  const late = member('late');
  add('1');
  group.join(late);
  add('2');
  group.leave(late);
  group.join(late);
  add('3');
  expect(atLeaving).toEqual([['late', ['2']]]);
  expect(flush()).toMatchObject({ received: { a: ['1', '2', '3'], late: ['3'] } });
  expect([...group.members]).toEqual([...members, late]);
});

test('a frame reaches the members that it accepts and that have not received it elsewhere', () => {
  const { group, flush } = given('both', 'skipped', 'refused', 'neither');
  const accepts: Encoded['accepts'] = ({ id }) => id === 'both' || id === 'skipped';
  group.add({ frame: 'accepting', accepts }, ({ id }) => id === 'skipped' || id === 'neither');
  expect(flush()).toMatchObject({ count: 1, received: { both: ['accepting'] } });
  group.add({ frame: 'skipping' }, ({ id }) => id === 'skipped');
  expect(Object.keys(flush().received)).toEqual(['both', 'refused', 'neither']);
});

test('members that receive the same frames share their bytes, and no others do', () => {
  const { group, flush, add } = given('a', 'b', 'c', 'd');
  add('1');
  add('2', { accepts: ({ id }) => id === 'a' || id === 'b' });
  add('3', { accepts: ({ id }) => id === 'c' });
  const { count, buffers, received } = flush();
  expect(received).toEqual({ a: ['1', '2'], b: ['1', '2'], c: ['1', '3'], d: ['1'] });
  expect(count).toBe(7);
  expect(buffers.get('b')).toBe(buffers.get('a'));
  add('4');
  add('5', { except: 'a' as ConnectionId });
  const next = flush();
  expect(next.received).toEqual({ a: ['4'], b: ['4', '5'], c: ['4', '5'], d: ['4', '5'] });
  expect(next.buffers.get('c')).toBe(next.buffers.get('b'));
  expect(next.count).toBe(7);
  expect(group.members.size).toBe(4);
});

test('a single frame is written as it was encoded, without a copy', () => {
  const { flush, add } = given('a', 'b');
  const frame = 'x'.repeat(1_000);
  add(frame);
  const { buffers, received } = flush();
  expect(received).toEqual({ a: [frame], b: [frame] });
  expect(buffers.get('a')).toBe(buffers.get('b'));
});
