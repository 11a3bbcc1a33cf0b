import type { AccountId, ChannelId, ConnectionId, BusEventNamed, MessageId, SessionId } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import type { ConnectionView } from '../../protocol/dialect.js';
import { unchanged } from '../../testing/unchanged.js';
import { socket } from './socket.js';
import type { RoomState } from './state.js';

const id = <T>(n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as T;
const room = {
  id: id<ChannelId>(1),
  number: 1,
  kind: 'room' as const,
  slug: null,
  title: 'General',
  membershipVersion: 1,
};
const ada = { id: id<AccountId>(2), number: 7, handle: id<string>(2), name: 'username' };
const connectionId = id<ConnectionId>(3);
const connection: ConnectionView<RoomState> = {
  id: connectionId,
  realm: 'rooms',
  principal: {
    kind: 'account',
    realm: 'rooms',
    dialect: 'rooms',
    accountId: ada.id,
    number: 7,
    handle: ada.handle,
    name: 'username',
    sessionId: id<SessionId>(4),
  },
  state: { room },
  attached: new Map([[room.id, room]]),
};
const mentions = { mentions: unchanged.mentions };
const created: BusEventNamed<'message.created'> = {
  name: 'message.created',
  realm: 'rooms',
  channel: room,
  inbox: null,
  origin: { connectionId },
  message: {
    id: id<MessageId>(5),
    number: 42,
    channelId: room.id,
    sequence: 9,
    sender: ada,
    clientId: 'c',
    content: { type: 'text', text: 'Hello, world!' },
    raw: null,
    sentAt: '2024-01-01T12:00:00.123Z',
    ...unchanged,
  },
  thread: null,
};

const decode = (frame: unknown) =>
  socket.decode(typeof frame === 'string' ? frame : JSON.stringify(frame), connection).command;

describe('what a rooms client says', () => {
  test('the README’s message is a message to the room that the socket is in', () => {
    expect(decode({ type: 'message', content: 'Hello, world!' })).toEqual({
      type: 'message.send',
      target: { channelId: room.id },
      clientId: null,
      content: { type: 'text', text: 'Hello, world!' },
    });
  });

  test('the README’s typing frame is typing', () => {
    expect(decode({ type: 'typing' })).toEqual({ type: 'typing.start', channelId: room.id });
  });

  test.each([[{ type: 'ping' }], [{}], [{ type: 7 }], [{ content: 'no type' }]])(
    'an unknown type is ignored: %j',
    (frame) => expect(decode(frame)).toEqual({ type: 'nothing' }),
  );

  test.each([
    ['not JSON', '{', 'Invalid JSON format'],
    ['an array', '[1]', 'Invalid message format: a JSON object is expected'],
    ['no content', '{"type":"message"}', "Missing 'content', 'file_url' or 'attachment'"],
    ['a reaction to nothing', '{"type":"reaction","reaction_type":"👍"}', "'message_id' must be a message id"],
    ['a reaction that says nothing', '{"type":"reaction","message_id":1}', "'reaction_type' must be an emoji or null"],
    ['a reaction to no number', '{"type":"reaction","message_id":0,"reaction_type":"👍"}', 'Message not found'],
    [
      'a file without an address',
      '{"type":"message","file_url":7}',
      "'file_url' must be text of at most 2048 characters",
    ],
    [
      'a size that is none',
      '{"type":"message","file_url":"x","file_size":"big"}',
      "'file_size' must be a whole number",
    ],
    ['content that is no text', '{"type":"message","content":7}', "'content' must be text of at most 16384 characters"],
    ['U+0000', '{"type":"message","content":"a\\u0000b"}', "'content' must be text of at most 16384 characters"],
  ])('%s is answered with an error in the wire’s words', (_, frame, message) => {
    const fault = caught(() => decode(frame));
    expect(JSON.parse(socket.encodeFault(fault, undefined) ?? '')).toEqual({ type: 'error', message });
  });
});

test.each([
  ['"👍"', '👍'],
  ['null', null],
  ['""', null],
])('a reaction %s is the only one of its user', (said, emoji) => {
  expect(decode(`{"type":"reaction","message_id":"42","reaction_type":${said}}`)).toEqual({
    type: 'reaction.set',
    messageNumber: 42,
    channelId: room.id,
    emoji,
  });
});

describe('what a rooms client receives', () => {
  test('a message has the README’s five fields, the old server’s others, and skips the socket it came from', () => {
    const encoded = socket.encodeEvent(created);
    expect(encoded?.except).toBe(connectionId);
    expect(JSON.parse(encoded?.frame ?? '')).toEqual({
      type: 'message',
      room_id: 1,
      sender: 'username',
      message: 'Hello, world!',
      timestamp: '2024-01-01T12:00:00',
      message_id: 42,
      message_type: 'text',
      file_url: null,
      file_name: null,
      file_size: null,
      mime_type: null,
      reactions: [],
      user_reaction: null,
    });
  });

  test('typing and joining are sent to the others; leaving is not', () => {
    const common = { realm: 'rooms', channel: room, account: ada, at: '2024-01-01T12:00:00.000Z' };
    const typing = socket.encodeEvent({ name: 'typing.started', ...common, origin: { connectionId } });
    expect(JSON.parse(typing?.frame ?? '')).toEqual({
      type: 'typing',
      room_id: 1,
      sender: 'username',
      message: 'username is typing...',
      timestamp: '2024-01-01T12:00:00',
    });
    expect(typing?.except).toBe(connectionId);
    const joined = socket.encodeEvent({ name: 'session.opened', ...common, connectionId });
    expect(JSON.parse(joined?.frame ?? '')).toMatchObject({ type: 'user_joined', message: 'username joined the chat' });
    expect(joined?.except).toBe(connectionId);
    expect(socket.encodeEvent({ name: 'session.closed', ...common, connectionId })).toBeNull();
  });

  test('a ciphertext is not a word of this wire', () => {
    const content = { type: 'encrypted' as const, mediaType: 'text', byReader: {} };
    expect(socket.encodeEvent({ ...created, message: { ...created.message, content } })).toBeNull();
  });

  test('a message that was deleted, or that only its thread shows, is not shown', () => {
    const { message } = created;
    expect(socket.encodeEvent({ ...created, message: { ...message, deletedAt: message.sentAt } })).toBeNull();
    expect(socket.encodeEvent({ ...created, message: { ...message, inChannel: false } })).toBeNull();
  });

  const change = {
    sequence: 10,
    channelId: room.id,
    messageId: created.message.id,
    messageNumber: 42,
    messageSequence: 9,
    actor: ada,
    clientId: 'd',
    at: '2024-01-01T12:00:01.500Z',
  };
  const common = { realm: 'rooms', channel: room, inbox: null, origin: { connectionId } };

  test('a reaction is sent to every socket of the room, the sender’s too, without the field that makes it a chat message', () => {
    const entry = { kind: 'reaction.added' as const, ...change, emoji: '👍', count: 2 };
    const encoded = socket.encodeEvent({ name: 'reaction.added', ...common, entry });
    expect(encoded).toEqual({ frame: expect.any(String) as string });
    const frame = {
      type: 'reaction',
      room_id: 1,
      message_id: 42,
      sender: 'username',
      reaction_type: '👍',
      action: 'added',
      count: 2,
      timestamp: '2024-01-01T12:00:01',
    };
    expect(JSON.parse(encoded?.frame ?? '')).toEqual(frame);
    const removed = { ...entry, kind: 'reaction.removed' as const, count: 0 };
    const gone = socket.encodeEvent({ name: 'reaction.removed', ...common, entry: removed });
    expect(JSON.parse(gone?.frame ?? '')).toEqual({ ...frame, action: 'removed', count: 0 });
  });

  test('there is no word for an edit, a deletion or a pin', () => {
    const edited = { kind: 'message.edited' as const, ...change, content: created.message.content, ...mentions };
    expect(socket.encodeEvent({ name: 'message.edited', ...common, entry: edited })).toBeNull();
    const deleted = { kind: 'message.deleted' as const, ...change, thread: null };
    expect(socket.encodeEvent({ name: 'message.deleted', ...common, entry: deleted })).toBeNull();
    const pinned = { kind: 'message.pinned' as const, ...change };
    expect(socket.encodeEvent({ name: 'message.pinned', ...common, entry: pinned })).toBeNull();
  });

  test('a direct message to the same account, in a shared realm, is not of the room', () => {
    expect(socket.encodeEvent({ ...created, channel: { ...room, kind: 'direct' } })).toBeNull();
  });
});

test('a socket is refused as the old server did where it said why, and with codes that say what to do elsewhere', () => {
  const close = (code: Fault['code'], reason: string) => socket.close(new Fault(code, reason, 'x')).code;
  expect(close('not_found', 'channel_not_found')).toBe(1000);
  expect(close('unauthenticated', 'invalid_token')).toBe(1008);
  expect(close('unavailable', 'bus_down')).toBe(1013);
});

test('the path names a room by number or title, with or without a last slash, and nothing else', () => {
  expect(socket.match('/ws/chat/1')).toEqual({ room: '1' });
  expect(socket.match('/ws/chat/Tech%20Talk/')).toEqual({ room: 'Tech%20Talk' });
  expect(socket.match('/ws/chat/')).toBeNull();
  expect(socket.match('/ws')).toBeNull();
});

const caught = (work: () => unknown): Fault => {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error;
  }
  throw new Error('no Fault was thrown');
};
