import type { AccountId, ChannelId, ConnectionId, BusEvent, MessageId, SessionId } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import type { Core } from '../../core.js';
import type { ConnectionView } from '../../protocol/dialect.js';
import { toItem } from './shapes.js';
import { unchanged } from '../../testing/unchanged.js';
import { socket } from './socket.js';
import type { ConversationState } from './state.js';

const id = <T>(n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as T;
const conversation = {
  id: id<ChannelId>(1),
  number: 1,
  kind: 'group' as const,
  slug: null,
  title: 'Roommate Chat',
  membershipVersion: 1,
};
const alice = { id: id<AccountId>(2), number: 2, handle: id<string>(2), name: 'alice' };
const connectionId = id<ConnectionId>(3);
const connection: ConnectionView<ConversationState> = {
  id: connectionId,
  realm: 'conversations',
  principal: {
    kind: 'account',
    realm: 'conversations',
    dialect: 'conversations',
    accountId: alice.id,
    number: 1,
    handle: alice.handle,
    name: 'testuser',
    sessionId: id<SessionId>(4),
  },
  state: { conversation },
  attached: new Map([[conversation.id, conversation]]),
};
const created: Extract<BusEvent, { name: 'message.created' }> = {
  name: 'message.created',
  realm: 'conversations',
  channel: conversation,
  inbox: null,
  origin: { connectionId },
  message: {
    id: id<MessageId>(5),
    number: 123,
    channelId: conversation.id,
    sequence: 9,
    sender: alice,
    clientId: 'c',
    content: { type: 'text', text: 'Message text' },
    raw: null,
    sentAt: '2025-11-22T10:30:00.123Z',
    ...unchanged,
  },
  thread: null,
};

const decode = (frame: unknown) =>
  socket.decode(typeof frame === 'string' ? frame : JSON.stringify(frame), connection).command;
const parsed = (frame: string | null | undefined): unknown => JSON.parse(frame ?? '');

describe('what a client of conversations says', () => {
  test.each(['Your message here', 'Hello, WebSocket!', 'Hello from Python!'])('the README’s message: %s', (content) => {
    expect(decode({ content })).toEqual({
      type: 'message.send',
      target: { channelId: conversation.id },
      clientId: null,
      content: { type: 'text', text: content },
    });
  });

  test('other keys are ignored', () => {
    expect(decode({ type: 'typing', content: 'x', sender_id: 7 })).toMatchObject({ content: { text: 'x' } });
  });

  test.each([
    ['not JSON', '{', 'Invalid JSON format'],
    ['an array', '["x"]', 'Invalid message format: a JSON object is expected'],
    ['null', 'null', 'Invalid message format: a JSON object is expected'],
    ['no content', '{}', 'Message content is required'],
    ['empty content', '{"content":""}', 'Message content must not be empty'],
    ['no text', '{"content":null}', 'Message content must be text of at most 16384 characters'],
    ['an object', '{"content":{}}', 'Message content must be text of at most 16384 characters'],
    ['U+0000', '{"content":"a\\u0000"}', 'Message content must be text of at most 16384 characters'],
  ])('%s is answered with the README’s error frame', (_, frame, message) => {
    expect(
      parsed(
        socket.encodeFault(
          caught(() => decode(frame)),
          undefined,
        ),
      ),
    ).toEqual({ type: 'error', message });
  });
});

describe('what it receives', () => {
  test('the README’s message, on the socket that sent it too', () => {
    const encoded = socket.encodeEvent(created);
    expect(encoded?.except).toBeUndefined();
    expect(parsed(encoded?.frame)).toEqual({
      type: 'message',
      id: 123,
      content: 'Message text',
      sender_id: 2,
      sender_name: 'alice',
      conversation_id: 1,
      created_at: '2025-11-22 10:30:00',
    });
  });

  test('the same in the history, with microseconds and without a type', () => {
    expect(toItem(conversation, created.message)).toEqual({
      id: 123,
      content: 'Message text',
      sender_id: 2,
      sender_name: 'alice',
      conversation_id: 1,
      created_at: '2025-11-22 10:30:00.123000',
    });
  });

  test('the README’s user_left, for the others; joining is not announced', () => {
    const common = { realm: 'conversations', channel: conversation, account: alice, connectionId };
    const left = socket.encodeEvent({ name: 'session.closed', ...common, at: '2025-11-22T10:30:00.123Z' });
    expect(parsed(left?.frame)).toEqual({ type: 'user_left', user_id: 2, username: 'alice' });
    expect(left?.except).toBe(connectionId);
    expect(socket.encodeEvent({ name: 'session.opened', ...common, at: '2025-11-22T10:30:00.123Z' })).toBeNull();
  });

  test('neither ciphertext nor, in a shared realm, direct messages to the same account', () => {
    const content = { type: 'encrypted' as const, mediaType: 'text', byReader: {} };
    expect(socket.encodeEvent({ ...created, message: { ...created.message, content } })).toBeNull();
    expect(socket.encodeEvent({ ...created, channel: { ...conversation, kind: 'direct' } })).toBeNull();
  });
});

describe('opening', () => {
  const calls: string[] = [];
  const core = (answer: { kind: string; role: string | null }) =>
    ({
      topics: {
        channel: {
          get: (_: unknown, { principal }: { principal: { kind: string } }) => {
            calls.push(`get by ${principal.kind}`);
            return Promise.resolve({ ...conversation, kind: answer.kind });
          },
        },
        member: {
          authorize: (_: unknown, { principal }: { principal: { kind: string } }) => {
            calls.push(`authorize by ${principal.kind}`);
            return Promise.resolve({
              channel: { ...conversation, kind: answer.kind },
              role: answer.role,
              audience: [],
            });
          },
        },
      },
    }) as unknown as Core;
  const open = (answer: { kind: string; role: string | null }, said = '1') =>
    socket.open({
      core: core(answer),
      principal: connection.principal,
      system: { kind: 'system', realm: 'conversations', service: 'gateway' },
      connectionId,
      expiresAt: '2025-11-24T10:30:00.000Z',
      params: { conversation: said },
    });

  test('begins with the README’s confirmation, and others are notified when it closes', async () => {
    const opening = await open({ kind: 'group', role: 'member' });
    expect(opening.greeting.map((frame) => parsed(frame))).toEqual([
      { type: 'connection', status: 'connected', conversation_id: 1, user_id: 1 },
    ]);
    expect(opening).toMatchObject({ attach: [conversation], announced: true });
    expect(calls).toEqual(['get by system', 'authorize by account']);
  });

  test('is for participants, also of a room of a shared realm, and for nothing but conversations', async () => {
    await expect(open({ kind: 'room', role: 'member' })).resolves.toBeDefined();
    await expect(open({ kind: 'room', role: null })).rejects.toMatchObject({ reason: 'not_member' });
    await expect(open({ kind: 'direct', role: 'member' })).rejects.toMatchObject({ reason: 'channel_not_found' });
    await expect(open({ kind: 'topic', role: 'member' })).rejects.toMatchObject({ reason: 'channel_not_found' });
    await expect(open({ kind: 'group', role: 'member' }, 'one')).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('the README’s close codes', () => {
  const close = (code: Fault['code'], reason: string) => socket.close(new Fault(code, reason, 'x')).code;
  expect(close('unauthenticated', 'no_token')).toBe(4001);
  expect(close('unauthenticated', 'invalid_token')).toBe(4001);
  expect(close('unauthenticated', 'token_expired')).toBe(4001);
  expect(close('forbidden', 'not_member')).toBe(4003);
  expect(close('not_found', 'channel_not_found')).toBe(4004);
  expect(close('unavailable', 'keys_unavailable')).toBe(4000);
  expect(close('internal', 'internal')).toBe(4000);
});

test('the path names a conversation, with or without a last slash, and nothing else', () => {
  expect(socket.match('/conversations/1/ws')).toEqual({ conversation: '1' });
  expect(socket.match('/conversations/1/ws/')).toEqual({ conversation: '1' });
  expect(socket.match('/conversations/1')).toBeNull();
  expect(socket.match('/conversations//ws')).toBeNull();
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
