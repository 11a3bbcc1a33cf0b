import { expect, test } from 'vitest';
import { noRooms } from './owned-rooms.js';
import type { Room } from './owned-rooms.js';

const room = (): Room<unknown> => ({ release: () => undefined });

test('connections that own the same rooms share one list', () => {
  const [first, second] = [room(), room()];
  const both = noRooms.with(first).with(second);
  expect(both.list).toEqual([first, second]);
  expect(noRooms.with(first).with(second)).toBe(both);
  expect(noRooms.with(second).with(first).list).toEqual([second, first]);
});

test('a room is owned once, and what others own is not changed', () => {
  const [first, second] = [room(), room()];
  const one = noRooms.with(first);
  expect(one.with(second).with(first).list).toEqual([first, second]);
  expect([one.list, noRooms.list]).toEqual([[first], []]);
});
