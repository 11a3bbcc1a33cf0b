import { Fault, faultCodes } from '@parley/contracts';
import type { BusEvent, Message } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { Result } from '../../protocol/command.js';
import { encodeEvent, encodeFault, encodeResult } from './encode.js';
import { faultTable } from './fault-table.js';
import { unchanged } from '../../testing/unchanged.js';
import { socket } from './socket.js';

const id = (n: number) => `7f0c0000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const at = '2026-01-02T03:04:05.678Z';

const channel = { id: id(1), number: 4, kind: 'room', slug: 'general', title: 'General', membershipVersion: 2 };
const sender = { id: id(2), number: 9, handle: id(2), name: 'Ada' };
const message = {
  id: id(3),
  number: 77,
  channelId: id(1),
  sequence: 5,
  sender,
  clientId: 'c-1',
  content: { type: 'text', text: 'hello' },
  raw: '{"x":1.0}',
  sentAt: at,
  ...unchanged,
} as unknown as Message;
const view = {
  id: id(3),
  number: 77,
  channelId: id(1),
  sequence: 5,
  sender: { id: id(2), name: 'Ada', handle: id(2) },
  clientId: 'c-1',
  content: { type: 'text', text: 'hello' },
  sentAt: at,
};
const member = { channelId: id(1), accountId: id(2), role: 'admin', joinedAt: at };

const encoded = (event: object) => {
  const encoded = encodeEvent({ realm: 'main', ...event } as unknown as BusEvent);
  return encoded && { ...encoded, frame: JSON.parse(encoded.frame) as unknown };
};
const notice = (method: string, params: object) => ({ frame: { jsonrpc: '2.0', method, params } });

test('a message of a channel is sent as it is, to its sender too', () => {
  expect(encoded({ name: 'message.created', channel, message, inbox: null, origin: { connectionId: id(8) } })).toEqual(
    notice('message.created', { message: view }),
  );
});

test('a direct message says its place in the inbox and shows the one ciphertext of its reader', () => {
  const byReader = { [id(2)]: 'for ada', [id(5)]: 'for bob' };
  const secret = { ...message, content: { type: 'encrypted', mediaType: 'x/y', byReader } };
  const event = { name: 'message.created', channel, message: secret, origin: null };
  expect(encoded({ ...event, inbox: { accountId: id(5), sequence: 12 } })).toEqual(
    notice('message.created', {
      message: { ...view, content: { type: 'encrypted', mediaType: 'x/y', ciphertext: 'for bob' } },
      inboxSequence: 12,
    }),
  );
  expect(encoded({ ...event, inbox: { accountId: id(6), sequence: 1 } })?.frame).toMatchObject({
    params: { message: { content: { ciphertext: null } } },
  });
});

test('a message that something became of says so, and a reply has the counters of its thread', () => {
  const thread = { rootId: id(9), replyCount: 3, lastReplyAt: at };
  const life = {
    editedAt: at,
    replyTo: id(9),
    threadRoot: id(9),
    inChannel: false,
    replyCount: 1,
    lastReplyAt: at,
    reactions: [{ emoji: '👍', count: 2, mine: false }],
    mentions: { accountIds: [id(2)], channel: false },
    pinnedAt: at,
  };
  const event = {
    name: 'message.created',
    channel,
    message: { ...message, ...life },
    inbox: null,
    origin: null,
    thread,
  };
  expect(encoded(event)).toEqual(notice('message.created', { message: { ...view, ...life }, thread }));
  const tombstone = { ...message, content: { type: 'text', text: '' }, deletedAt: at };
  expect(encoded({ ...event, message: tombstone, thread: null })?.frame).toEqual(
    notice('message.created', { message: { ...view, content: tombstone.content, deletedAt: at } }).frame,
  );
});

const change = {
  sequence: 6,
  channelId: id(1),
  messageId: id(3),
  messageNumber: 77,
  messageSequence: 5,
  actor: sender,
  clientId: 'd-1',
  at,
};
const changeView = {
  channelId: id(1),
  sequence: 6,
  messageId: id(3),
  messageSequence: 5,
  actor: view.sender,
  clientId: 'd-1',
  at,
};

test.each([
  ['message.edited', { content: message.content, mentions: unchanged.mentions }],
  ['message.deleted', { thread: null }],
  ['reaction.added', { emoji: '👍', count: 2 }],
  ['reaction.removed', { emoji: '👍', count: 1 }],
  ['message.pinned', {}],
  ['message.unpinned', {}],
])('%s has its place in the stream, and in the inbox where it came from there', (name, more) => {
  const event = { name, channel, entry: { kind: name, ...change, ...more }, origin: { connectionId: id(8) } };
  expect(encoded({ ...event, inbox: null })).toEqual(notice(name, { ...changeView, ...more }));
  expect(encoded({ ...event, inbox: { accountId: id(5), sequence: 9 } })).toEqual(
    notice(name, { ...changeView, ...more, inboxSequence: 9 }),
  );
});

test('an edited ciphertext is shown to its reader alone', () => {
  const content = { type: 'encrypted', mediaType: 'x/y', byReader: { [id(2)]: 'for ada', [id(5)]: 'for bob' } };
  const entry = { kind: 'message.edited', ...change, content, mentions: unchanged.mentions };
  const event = { name: 'message.edited', channel, entry, inbox: { accountId: id(5), sequence: 9 }, origin: null };
  expect(encoded(event)?.frame).toMatchObject({ params: { content: { ciphertext: 'for bob' } } });
  expect(JSON.stringify(encoded(event))).not.toContain('for ada');
});

test('typing is sent to all but the connection that types', () => {
  const event = { name: 'typing.started', channel, account: sender, origin: { connectionId: id(8) }, at };
  expect(encoded(event)).toEqual({
    ...notice('typing.started', { channelId: id(1), account: { id: id(2), name: 'Ada' } }),
    except: id(8),
  });
});

test.each(['member.added', 'member.changed'])('%s names the member and the version', (name) => {
  expect(encoded({ name, channel, member })).toEqual(
    notice(name, {
      channelId: id(1),
      membershipVersion: 2,
      member: { accountId: id(2), role: 'admin', joinedAt: at },
    }),
  );
});

test('member.removed names the account', () => {
  expect(encoded({ name: 'member.removed', channel, accountId: id(2) })).toEqual(
    notice('member.removed', { channelId: id(1), membershipVersion: 2, accountId: id(2) }),
  );
});

test('channel.changed has the channel without its realm', () => {
  const whole = { ...channel, metadata: {}, createdBy: id(2), createdAt: at, closedAt: null };
  expect(encoded({ name: 'channel.changed', channel: { realm: 'main', ...whole } })).toEqual(
    notice('channel.changed', { channel: whole }),
  );
});

test.each(['session.opened', 'session.closed', 'session.revoked', 'account.deleted'])(
  'there is no word for %s',
  (name) => {
    expect(encoded({ name, channel, account: sender, connectionId: id(8) })).toBeNull();
  },
);

const sent = { type: 'message.send', message, channel, inboxSequence: null, repeated: false, thread: null };
const pin = { kind: 'message.pinned', ...change };
const pinned = { type: 'message.pin', entry: pin, channel, inboxSequence: null, repeated: false };
const pinView = { kind: 'message.pinned', ...changeView };
const replayed = { outcome: 'replayed', count: 2, head: 9 };
const reset = { outcome: 'reset', head: 9, floor: 3 };
const refused = { outcome: 'refused', fault: new Fault('forbidden', 'not_member', 'No') };
const refusedView = {
  outcome: 'refused',
  error: { code: -32003, message: 'No', data: { code: 'forbidden', reason: 'not_member' } },
};
const acknowledged = { id: id(3), number: 77, channelId: id(1), sequence: 5, sentAt: at, repeated: false };

test.each([
  [
    { type: 'session.authenticate', principal: { accountId: id(2) }, expiresAt: at },
    { accountId: id(2), expiresAt: at },
  ],
  [{ type: 'token.renew', expiresAt: at }, { expiresAt: at }],
  [sent, acknowledged],
  [
    { ...sent, inboxSequence: 4, repeated: true },
    { ...acknowledged, inboxSequence: 4, repeated: true },
  ],
  [pinned, { entry: pinView, repeated: false }],
  [
    { ...pinned, inboxSequence: 3, repeated: true },
    { entry: pinView, inboxSequence: 3, repeated: true },
  ],
  [{ type: 'typing.start' }, {}],
  [{ type: 'channel.detach' }, {}],
  [
    { type: 'receipt.record', read: 8, delivered: 9 },
    { sequence: 8, read: 8, delivered: 9 },
  ],
  [{ type: 'presence.set', state: 'away' }, { state: 'away' }],
  [{ type: 'presence.unsubscribe' }, {}],
  [
    { type: 'channel.attach', channel, resumed: replayed },
    { channel, ...replayed },
  ],
  [
    { type: 'channel.attach', channel, resumed: reset },
    { channel, ...reset },
  ],
  [
    {
      type: 'session.resume',
      inbox: replayed,
      channels: new Map<string, unknown>([
        [id(1), reset],
        [id(4), refused],
      ]),
    },
    { inbox: replayed, channels: { [id(1)]: reset, [id(4)]: refusedView } },
  ],
  [{ type: 'session.resume', inbox: null, channels: new Map() }, { channels: {} }],
])('%# the outcome is answered with the id of its request', (outcome, result) => {
  const encode = (requestId: string | null | undefined) => encodeResult(outcome as unknown as Result, requestId, null);
  expect(JSON.parse(encode('q') ?? '')).toEqual({ jsonrpc: '2.0', id: 'q', result });
  expect(JSON.parse(encode(null) ?? '')).toMatchObject({ id: null });
  expect(encode(undefined)).toBeNull();
});

test('an attach that was refused is an error', () => {
  const outcome = { type: 'channel.attach', channel, resumed: refused } as unknown as Result;
  expect(JSON.parse(encodeResult(outcome, 3, null) ?? '')).toEqual({ jsonrpc: '2.0', id: 3, error: refusedView.error });
});

test.each(faultCodes)('a fault %s has its code, its reason and a close', (code) => {
  const fault = new Fault(code, 'some_reason', 'Why', { retryAfterMs: 250 });
  expect(JSON.parse(encodeFault(fault, 'a') ?? '')).toEqual({
    jsonrpc: '2.0',
    id: 'a',
    error: { code: faultTable[code].rpc, message: 'Why', data: { code, reason: 'some_reason', retryAfterMs: 250 } },
  });
  expect(encodeFault(fault, undefined)).toBeNull();
  expect(socket.close(fault)).toEqual({ code: faultTable[code].close, reason: 'some_reason' });
});

test('a goaway says when to come back', () => {
  expect(JSON.parse(socket.encodeGoaway({ reconnectAfterMs: 1200 }) ?? '')).toEqual(
    notice('session.goaway', { reconnectAfterMs: 1200 }).frame,
  );
});
