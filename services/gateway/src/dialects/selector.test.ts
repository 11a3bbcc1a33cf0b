import { describe, expect, test } from 'vitest';
import type { DialectName } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import type { Handshake, SocketAdapter } from '../protocol/dialect.js';
import { mountsOf } from './registry.js';
import type { Mount } from './registry.js';
import { createIsFor, createSelect, isShared } from './selector.js';

const mounts = mountsOf({ dialectRealms: { rooms: 'main' }, v1Realms: ['main', 'lab'] });
const select = createSelect(mounts);
const handshake = (path: string, headers: Handshake['headers'] = {}): Handshake => ({
  path,
  query: new URLSearchParams(path.split('?')[1] ?? ''),
  headers,
});
const chosen = (path: string) => {
  const selected = select(handshake(path));
  return selected && [selected.dialect.name, selected.params, selected.realms];
};

test('a socket belongs to the dialect of its native path or of its mount, whatever the query', () => {
  expect(chosen('/ws/chat/1')).toEqual(['rooms', { room: '1' }, ['main']]);
  expect(chosen('/ws/chat/Tech%20Talk/?token=/v1/socket')).toEqual(['rooms', { room: 'Tech%20Talk' }, ['main']]);
  expect(chosen('/wires/rooms/ws/chat/1')).toEqual(['rooms', { room: '1' }, ['main']]);
  expect(chosen('/v1/socket')).toEqual(['v1', {}, ['main', 'lab']]);
  expect(chosen('/wires/v1/v1/socket/')).toEqual(['v1', {}, ['main', 'lab']]);
  expect(chosen('/ws/')).toEqual(['mesh', {}, ['mesh']]);
  expect(chosen('/wires/mesh/ws')).toEqual(['mesh', {}, ['mesh']]);
});

test('a path of no dialect, or of another one than its mount names, is nobody’s', () => {
  const nobodys = [
    '/',
    '/ws/chat',
    '/ws/chat/1/2',
    '/wires/v1/ws/chat/1',
    '/wires/rooms/ws',
    '/wires/nobody/v1/socket',
    '/wires/rooms',
    '',
  ];
  for (const path of nobodys) expect([path, chosen(path)]).toEqual([path, null]);
});

/** A stand-in for the dialect that shares paths with mesh, as far as the selection needs it, whether or not it is mounted already. */
const twins = (['swifty', 'mesh'] as const).map((name: DialectName): Mount => {
  const mesh = mounts.find(({ dialect }) => dialect.name === 'mesh')!;
  return { ...mesh, realm: name, dialect: { ...mesh.dialect, name, socket: { ...mesh.dialect.socket! } } };
});
const tokenOf = (aud: unknown) => `h.${Buffer.from(JSON.stringify({ aud })).toString('base64url')}.s`;

describe('K1: POST /register', () => {
  const register = { method: 'post', path: '/register' } as const;
  const owner = (body: unknown, spoken = twins) => {
    const isFor = createIsFor(spoken);
    return spoken.filter((adapter) => isFor(adapter, register, body)).map(({ dialect }) => dialect.name);
  };
  const issues = (body: unknown, spoken = twins) => {
    try {
      return owner(body, spoken);
    } catch (error) {
      return (error as { issues: { path: string[] }[] }).issues.map(({ path }) => path.join('.'));
    }
  };

  test('is distinguished by the keys of its body', () => {
    expect(owner({ name: 'x', uuid: 'y' })).toEqual(['swifty']);
    expect(owner({ uuid: 'y' })).toEqual(['swifty']);
    expect(owner({ name: null })).toEqual(['swifty']);
    expect(owner({ email: 'x', password: 'y' })).toEqual(['mesh']);
    expect(owner({ password: 'y' })).toEqual(['mesh']);
    expect(owner({ email: 'x', password: 'y', name: 'z' })).toEqual(['mesh']);
  });

  test('with the keys of both or of neither it is nobody’s, and what is missing is named', () => {
    expect(issues({})).toEqual(['uuid', 'name', 'email', 'password']);
    expect(issues([])).toEqual(['uuid', 'name', 'email', 'password']);
    expect(issues(undefined)).toEqual(['uuid', 'name', 'email', 'password']);
    expect(issues({ uuid: 'x', email: 'y' })).toEqual(['name', 'password']);
    expect(issues({ uuid: 'x', name: 'x', email: 'y', password: 'z' })).toEqual(['']);
  });

  test('where only one of them is spoken, only that one is asked for', () => {
    const alone = twins.filter(({ dialect }) => dialect.name === 'mesh');
    expect(issues({}, alone)).toEqual(['email', 'password']);
    expect(owner({ email: 'x' }, alone)).toEqual(['mesh']);
  });

  test('no other path needs a look at the body', () => {
    expect(isShared(register)).toBe(true);
    expect(isShared({ method: 'post', path: '/login' })).toBe(false);
    expect(createIsFor(twins)(twins[0]!, { method: 'post', path: '/login' }, {})).toBe(true);
  });
});

describe('K2, K3: /ws', () => {
  const choose = createSelect(twins);
  const name = (path: string, headers?: Handshake['headers']) => choose(handshake(path, headers))?.dialect.name;

  test('belongs to the wire whose token comes along, in the query or the header', () => {
    for (const path of ['/ws', '/ws/']) {
      for (const adapter of ['swifty', 'mesh']) {
        expect(name(`${path}?token=${tokenOf(adapter)}`)).toBe(adapter);
        expect(name(path, { authorization: `Bearer ${tokenOf(adapter)}` })).toBe(adapter);
      }
    }
  });

  test('without a token of either it is refused in a frame that both understand', () => {
    for (const query of ['', '?token=nonsense', `?token=${tokenOf('rooms')}`, '?token=h.bnVsbA.s', '?token=h.%.s']) {
      expect(choose(handshake(`/ws${query}`))).not.toBeNull();
    }
    const { adapter } = choose(handshake('/ws'))!;
    const encoded = (reason: string) => {
      const fault = new Fault('unauthenticated', reason, 'x');
      return [JSON.parse(adapter.encodeFault(fault, null)!) as unknown, adapter.close(fault)];
    };
    const frame = (text: string) => ({ type: 'error', error: text, message: text, timestamp: expect.any(Number) });
    expect(encoded('no_token')).toEqual([frame('No token provided'), { code: 4001, reason: 'No token provided' }]);
    for (const reason of ['invalid_token', 'token_expired', 'session_ended']) {
      expect(encoded(reason)).toEqual([frame('Invalid token'), { code: 1008, reason: 'Invalid token' }]);
    }
  });

  test('all else stays in the wire’s own words, and all its sessions speak one and the same wire', () => {
    const first = choose(handshake(`/ws?token=${tokenOf('mesh')}`))!.adapter;
    expect(choose(handshake(`/ws/?token=${tokenOf('mesh')}`))!.adapter).toBe(first);
    const fault = new Fault('invalid', 'bad_json', 'x');
    const own: SocketAdapter = twins[1]!.dialect.socket!;
    expect(first.encodeFault(fault, undefined)).toBe(own.encodeFault(fault, undefined));
    expect(first.close(fault)).toEqual(own.close(fault));
  });
});
