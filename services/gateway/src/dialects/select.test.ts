import { expect, test } from 'vitest';
import { wiresOf } from './registry.js';
import { createSelect } from './select.js';

const select = createSelect(wiresOf({ dialectRealms: { rooms: 'main' }, v1Realms: ['main', 'lab'] }));
const chosen = (path: string) => {
  const selected = select({ path });
  return selected && [selected.dialect.name, selected.params, selected.realms];
};

test('a socket belongs to the dialect of its native path or of its mount, whatever the query', () => {
  expect(chosen('/ws/chat/1')).toEqual(['rooms', { room: '1' }, ['main']]);
  expect(chosen('/ws/chat/Tech%20Talk/?token=/v1/socket')).toEqual(['rooms', { room: 'Tech%20Talk' }, ['main']]);
  expect(chosen('/wires/rooms/ws/chat/1')).toEqual(['rooms', { room: '1' }, ['main']]);
  expect(chosen('/v1/socket')).toEqual(['v1', {}, ['main', 'lab']]);
  expect(chosen('/wires/v1/v1/socket/')).toEqual(['v1', {}, ['main', 'lab']]);
});

test('a path of no dialect, or of another one than its mount names, is nobody’s', () => {
  const nobodys = [
    '/',
    '/ws/chat',
    '/ws/chat/1/2',
    '/wires/v1/ws/chat/1',
    '/wires/nobody/v1/socket',
    '/wires/rooms',
    '',
  ];
  for (const path of nobodys) expect([path, chosen(path)]).toEqual([path, null]);
});
