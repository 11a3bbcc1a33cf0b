import type { AccountPrincipal, ConnectionId } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { ConnectionView } from '../../protocol/dialect.js';
import { decode } from './decode.js';
import { encodeFault } from './encode.js';
import { FrameFault } from './rpc.js';

const channelId = '7f0c0000-0000-4000-8000-000000000001';
const accountId = '7f0c0000-0000-4000-8000-000000000002';

const connection = {
  id: 'c0000000-0000-4000-8000-000000000001' as ConnectionId,
  realm: 'main',
  principal: { kind: 'account', accountId } as AccountPrincipal,
  state: null,
  attached: new Map(),
} as unknown as ConnectionView;

const call = (method: string, params?: unknown, id: unknown = 1) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) });

const said = (frame: string, on: ConnectionView | null = connection) => decode(frame, on);

/** The response when the frame is refused. */
const refusal = (frame: string, on: ConnectionView | null = connection): unknown => {
  try {
    decode(frame, on);
  } catch (error) {
    expect(error).toBeInstanceOf(FrameFault);
    const text = encodeFault(error as FrameFault, null);
    return text === null ? null : JSON.parse(text);
  }
  throw new Error(`was not refused: ${frame}`);
};

const content = { type: 'text', text: 'hello' };

test.each([
  ['session.refresh', { accessToken: 't' }, { type: 'token.renew', accessToken: 't' }],
  ['session.resume', {}, { type: 'session.resume', channels: new Map() }],
  [
    'session.resume',
    { inbox: 0, channels: { [channelId]: 7 } },
    { type: 'session.resume', inbox: 0, channels: new Map([[channelId, 7]]) },
  ],
  ['channel.attach', { channelId }, { type: 'channel.attach', channelId }],
  ['channel.attach', { channelId, after: 0 }, { type: 'channel.attach', channelId, after: 0 }],
  ['channel.attach', { channelId: channelId.toUpperCase() }, { type: 'channel.attach', channelId }],
  ['channel.detach', { channelId }, { type: 'channel.detach', channelId }],
  [
    'message.send',
    { channelId, clientId: 'a', content },
    { type: 'message.send', target: { channelId }, clientId: 'a', content, isParsed: true },
  ],
  [
    'message.send',
    { directWith: accountId, clientId: 'a', content },
    { type: 'message.send', target: { directWith: accountId }, clientId: 'a', content, isParsed: true },
  ],
  ['typing.start', { channelId }, { type: 'typing.start', channelId }],
  ['receipt.record', { channelId, sequence: 3 }, { type: 'receipt.record', channelId, read: 3 }],
  [
    'receipt.record',
    { channelId, read: 3, delivered: 4 },
    { type: 'receipt.record', channelId, read: 3, delivered: 4 },
  ],
  ['presence.subscribe', { channelId }, { type: 'presence.subscribe', target: { channelId } }],
  [
    'presence.unsubscribe',
    { accountIds: [accountId] },
    { type: 'presence.unsubscribe', target: { accountIds: [accountId] } },
  ],
  ['presence.set', { state: 'away' }, { type: 'presence.set', state: 'away' }],
  ['ping', undefined, { type: 'answer', frame: '{"jsonrpc":"2.0","id":1,"result":{}}' }],
])('%s %j is understood', (method, params, command) => {
  expect(said(call(method, params))).toEqual({ command, requestId: 1 });
});

test('before authentication nothing else is understood', () => {
  expect(said(call('session.authenticate', { accessToken: 'abc' }), null)).toEqual({
    command: { type: 'session.authenticate', credentials: { kind: 'token', token: 'abc' } },
    requestId: 1,
  });
  for (const method of ['ping', 'channel.attach', 'nonsense']) {
    expect(refusal(call(method, { channelId }), null)).toMatchObject({
      id: 1,
      error: { code: -32001, data: { code: 'unauthenticated', reason: 'no_token' } },
    });
  }
});

test('a second authentication is a conflict', () => {
  expect(refusal(call('session.authenticate', { accessToken: 'abc' }))).toMatchObject({
    id: 1,
    error: { code: -32009, data: { reason: 'already_authenticated' } },
  });
});

test('a request without an id is a notification: done, but never answered', () => {
  const frame = JSON.stringify({ jsonrpc: '2.0', method: 'typing.start', params: { channelId } });
  expect(said(frame)).toEqual({ command: { type: 'typing.start', channelId }, requestId: undefined });
  expect(refusal(JSON.stringify({ jsonrpc: '2.0', method: 'typing.start' }))).toBeNull();
  expect(said(JSON.stringify({ jsonrpc: '2.0', method: 'ping' })).command).toEqual({ type: 'nothing' });
});

test.each(['a', '', 0, -1, Number.MAX_SAFE_INTEGER, null])('the id %j comes back as it was', (id) => {
  expect(said(call('typing.start', { channelId }, id)).requestId).toBe(id);
});

test.each([
  ['not JSON', '{', -32700, 'bad_json'],
  ['nothing', '', -32700, 'bad_json'],
  ['a byte of noise', '\u0000', -32700, 'bad_json'],
  ['a batch', `[${call('ping')}]`, -32600, 'batch_unsupported'],
  ['an empty batch', '[]', -32600, 'batch_unsupported'],
  ['a string', '"ping"', -32600, 'invalid_request'],
  ['null', 'null', -32600, 'invalid_request'],
  ['a huge id', '{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}', -32600, 'invalid_request'],
  ['an infinite id', '{"jsonrpc":"2.0","id":1e999,"method":"ping"}', -32600, 'invalid_request'],
  ['a fractional id', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, 'invalid_request'],
  ['a long id', call('ping', {}, 'x'.repeat(129)), -32600, 'invalid_request'],
  ['an object as id', call('ping', {}, {}), -32600, 'invalid_request'],
  ['deep nesting', '['.repeat(5000) + ']'.repeat(5000), -32600, 'batch_unsupported'],
  ['deep nesting that does not end', '{"a":'.repeat(20_000), -32700, 'bad_json'],
])('%s is refused with id null', (_what, frame, code, reason) => {
  expect(refusal(frame)).toMatchObject({
    jsonrpc: '2.0',
    id: null,
    error: { code, data: { code: 'invalid', reason } },
  });
});

test.each([
  ['no version', { id: 7, method: 'ping' }, -32600, 'invalid_request'],
  ['another version', { jsonrpc: '1.0', id: 7, method: 'ping' }, -32600, 'invalid_request'],
  ['no method', { jsonrpc: '2.0', id: 7 }, -32600, 'invalid_request'],
  ['a number as method', { jsonrpc: '2.0', id: 7, method: 1 }, -32600, 'invalid_request'],
  ['an unknown method', { jsonrpc: '2.0', id: 7, method: 'message.burn' }, -32601, 'unknown_method'],
  ['a method of Object', { jsonrpc: '2.0', id: 7, method: 'constructor' }, -32601, 'unknown_method'],
  ['a method named __proto__', { jsonrpc: '2.0', id: 7, method: '__proto__' }, -32601, 'unknown_method'],
])('%s is refused, and says which request', (_what, frame, code, reason) => {
  expect(refusal(JSON.stringify(frame))).toMatchObject({ id: 7, error: { code, data: { reason } } });
});

const tooMany = Object.fromEntries(
  Array.from({ length: 501 }, (_, n) => [`7f0c0000-0000-4000-8000-${String(n).padStart(12, '0')}`, 0]),
);

test.each([
  ['channel.attach', undefined],
  ['channel.attach', null],
  ['channel.attach', []],
  ['channel.attach', [channelId]],
  ['channel.attach', 'x'],
  ['channel.attach', { channelId: '1' }],
  ['channel.attach', { channelId: `${channelId}.>` }],
  ['channel.attach', { channelId, after: -1 }],
  ['channel.attach', { channelId, after: 1.5 }],
  ['channel.attach', { channelId, after: 2 ** 60 }],
  ['channel.detach', {}],
  ['typing.start', { channelId: 7 }],
  ['receipt.record', { channelId }],
  ['receipt.record', { channelId, sequence: '1' }],
  ['session.refresh', { accessToken: '' }],
  ['session.refresh', { accessToken: 'x'.repeat(4097) }],
  ['session.resume', { channels: [] }],
  ['session.resume', { channels: { x: 1 } }],
  ['session.resume', { channels: { [channelId]: -1 } }],
  ['session.resume', { channels: tooMany }],
  ['session.resume', { inbox: 'x' }],
  ['message.send', { channelId, content }],
  ['message.send', { channelId, clientId: '', content }],
  ['message.send', { channelId, clientId: 'x'.repeat(129), content }],
  ['message.send', { clientId: 'a', content }],
  ['message.send', { channelId, directWith: accountId, clientId: 'a', content }],
  ['message.send', { channelId, clientId: 'a', content: 'hello' }],
  ['message.send', { channelId, clientId: 'a', content: { type: 'text' } }],
  ['message.send', { channelId, clientId: 'a', content: { type: 'text', text: '' } }],
  ['message.send', { channelId, clientId: 'a', content: { type: 'text', text: 'a\u0000b' } }],
  ['message.send', { channelId, clientId: 'a', content: { type: 'text', text: '\ud800' } }],
  ['message.send', { channelId, clientId: 'a', content: { type: 'text', text: 'x'.repeat(16_385) } }],
  ['message.send', { channelId, clientId: 'a\u0000', content }],
])('%s with bad params is refused with -32602', (method, params) => {
  expect(refusal(call(method, params))).toMatchObject({
    id: 1,
    error: { code: -32602, message: expect.stringMatching(/^params/), data: { reason: 'invalid_params' } },
  });
});

test('__proto__ is a key like any other that is not a channel', () => {
  const frame = `{"jsonrpc":"2.0","id":1,"method":"session.resume","params":{"channels":{"__proto__":{"x":1}},"__proto__":{"inbox":3}}}`;
  let command: unknown;
  try {
    ({ command } = decode(frame, connection));
  } catch (error) {
    expect(error).toBeInstanceOf(FrameFault);
    return;
  }
  expect(command).toEqual({ type: 'session.resume', channels: new Map() });
});

test('a frame may say which trace it is part of; what is no such text is ignored', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const framed = (value: unknown) =>
    said(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'typing.start', params: { channelId }, traceparent: value }));
  expect(framed(traceparent)).toMatchObject({ requestId: 1, traceparent });
  for (const bad of [`${traceparent}-${'x'.repeat(1_000)}`, 'x', '', 7, null, {}, [traceparent]])
    expect(framed(bad)).toEqual({ command: { type: 'typing.start', channelId }, requestId: 1 });
});
