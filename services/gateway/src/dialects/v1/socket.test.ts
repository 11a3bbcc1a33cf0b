import type { AccountPrincipal, ConnectionId } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { Core } from '../../core.js';
import { socket } from './socket.js';

const handshake = (query: string, headers: Record<string, string> = {}) =>
  socket.credentials({ path: '/v1/socket', query: new URLSearchParams(query), headers });

test.each([
  ['/v1/socket', {}],
  ['/v1/socket/', {}],
  ['/v1/sockets', null],
  ['/v1/socket/x', null],
  ['/ws', null],
])('the path %s is judged', (path, params) => {
  expect(socket.match(path)).toEqual(params);
});

test('a token comes in the header, a ticket in the query, and a token in the query is not taken', () => {
  expect(handshake('', { authorization: 'Bearer a.b.c' })).toEqual({ kind: 'token', token: 'a.b.c' });
  expect(handshake('ticket=t', { authorization: 'bearer a.b.c' })).toEqual({ kind: 'token', token: 'a.b.c' });
  expect(handshake('ticket=t')).toEqual({ kind: 'ticket', ticket: 't' });
  expect(handshake('ticket=t&realm=blue')).toEqual({ kind: 'ticket', ticket: 't', realm: 'blue' });
  expect(handshake('token=a.b.c&access_token=a.b.c')).toBeNull();
  expect(handshake('ticket=')).toBeNull();
  expect(handshake('', { authorization: 'Basic abc' })).toBeNull();
});

test('the first thing on an open socket is session.opened', async () => {
  const opening = await socket.open({
    core: {} as Core,
    principal: { accountId: 'a' } as unknown as AccountPrincipal,
    system: { kind: 'system', realm: 'main', service: 'gateway' },
    connectionId: 'c' as ConnectionId,
    expiresAt: '2026-01-01T00:00:00.000Z',
    params: {},
  });
  expect(opening).toMatchObject({ attach: [], announced: false });
  expect(opening.greeting.map((frame) => JSON.parse(frame) as unknown)).toEqual([
    {
      jsonrpc: '2.0',
      method: 'session.opened',
      params: { connectionId: 'c', accountId: 'a', expiresAt: '2026-01-01T00:00:00.000Z' },
    },
  ]);
});
