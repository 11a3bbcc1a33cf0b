import type {
  AccountId,
  AccountPrincipal,
  ChannelId,
  ConnectionId,
  BusEvent,
  MessageId,
  SessionId,
} from '@parley/contracts';
import { Fault } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import type { ConnectionView } from '../../protocol/dialect.js';
import { cursorOf, timeOf, toItem, zones } from './shapes.js';
import { unchanged } from '../../testing/unchanged.js';
import { socket } from './socket.js';

const id = <T>(n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as T;
const principal = (number: number): AccountPrincipal => ({
  kind: 'account',
  realm: 'fluent',
  dialect: 'fluent',
  accountId: id<AccountId>(number),
  number,
  handle: id<string>(number),
  name: `user${number}`,
  sessionId: id<SessionId>(100 + number),
});
const [ada, bob, eve] = [principal(1), principal(2), principal(3)];
const connection: ConnectionView<null> = {
  id: id<ConnectionId>(50),
  realm: 'fluent',
  principal: ada,
  state: null,
  attached: new Map(),
};
const channel = {
  id: id<ChannelId>(60),
  number: 7,
  kind: 'direct' as const,
  slug: null,
  title: '',
  membershipVersion: 1,
};
type Created = Extract<BusEvent, { name: 'message.created' }>;
const created = (content: Created['message']['content'], raw: string | null = '{"receiverID":2}'): Created => ({
  name: 'message.created',
  realm: 'fluent',
  channel,
  inbox: { accountId: bob.accountId, sequence: 3 },
  origin: { connectionId: connection.id },
  message: {
    id: id<MessageId>(70),
    number: 42,
    channelId: channel.id,
    sequence: 1009,
    sender: { id: ada.accountId, number: ada.number, handle: ada.handle, name: ada.name },
    clientId: 'c',
    content,
    raw,
    sentAt: '2025-11-22T10:30:00.123Z',
    ...unchanged,
  },
  thread: null,
});
const encrypted = {
  type: 'encrypted' as const,
  mediaType: 'text',
  byReader: { [bob.accountId]: 'for bob', [ada.accountId]: 'for ada' },
};
const said = { receiverID: 2, receiver_encrypted: 'for bob', sender_encrypted: 'for ada', messageType: 'text' };
const decode = (frame: unknown) =>
  socket.decode(typeof frame === 'string' ? frame : JSON.stringify(frame), connection).command;
const parsed = (encoded: { readonly frame: string } | null): unknown => encoded && JSON.parse(encoded.frame);

describe('what the app says', () => {
  test('is said to the partner of that number, one ciphertext for each', () => {
    const command = decode({ ...said, other: 1 });
    expect(command).toMatchObject({ type: 'message.direct', to: { number: 2 }, clientId: null });
    if (command.type !== 'message.direct') throw new Error('not a direct message');
    expect(command.contentFor(bob.accountId)).toEqual(encrypted);
  });

  test('what is kept beside the content holds no ciphertext', () => {
    const command = decode(said);
    expect(command.type === 'message.direct' && command.raw).toBe('{"receiverID":2}');
  });

  test('a note to oneself keeps the sender’s ciphertext', () => {
    const command = decode({ ...said, receiverID: 1 });
    if (command.type !== 'message.direct') throw new Error('not a direct message');
    expect(command.contentFor(ada.accountId)).toMatchObject({ byReader: { [ada.accountId]: 'for ada' } });
  });

  test.each([
    ['not JSON', '{', /^Invalid JSON format$/],
    ['an array', '[]', /^Validation error: \[\{/],
    [
      'no receiver',
      { ...said, receiverID: undefined },
      /^Validation error: \[\{"loc":\["receiverID"\],"msg":"Field required"/,
    ],
    ['an id in words', { ...said, receiverID: 'two' }, /^Validation error: /],
    ['half an id', { ...said, receiverID: 2.5 }, /^Validation error: /],
    ['no ciphertext', { ...said, sender_encrypted: '' }, /^Validation error: /],
    ['nobody', { ...said, receiverID: -1 }, /^Server error: Partner does not exist$/],
  ])('%s is answered in plain text', (_, frame, text) => {
    const answer = socket.encodeFault(
      caught(() => decode(frame)),
      undefined,
    );
    expect(answer).toMatch(text);
    expect(answer).not.toContain('for bob');
  });
});

describe('what it receives', () => {
  const item = { sender_id: 1, receiver_id: 2, message_type: 'text', timestamp: '2025-11-22T10:30:00.001009+00:00' };

  test('the receiver its own ciphertext, with exactly these keys', () => {
    expect(parsed(socket.encodeEvent(created(encrypted), bob))).toEqual({ ...item, content: 'for bob' });
  });

  test('the sender’s sockets the sender’s, the sending one too', () => {
    const encoded = socket.encodeEvent(created(encrypted), ada);
    expect(encoded?.except).toBeUndefined();
    expect(parsed(encoded)).toEqual({ ...item, content: 'for ada' });
  });

  test('from another wire of a shared realm: the receiver gets it, the sender has it in the history', () => {
    expect(parsed(socket.encodeEvent(created(encrypted, null), bob))).toEqual({ ...item, content: 'for bob' });
    expect(socket.encodeEvent(created(encrypted, null), ada)).toBeNull();
    expect(socket.encodeEvent(created(encrypted, 'no JSON'), ada)).toBeNull();
  });

  test('no plain text, nothing that is not for it, nothing of a channel, nothing else', () => {
    expect(socket.encodeEvent(created({ type: 'text', text: 'x' }), bob)).toBeNull();
    expect(socket.encodeEvent(created(encrypted), eve)).toBeNull();
    expect(socket.encodeEvent(created(encrypted), null)).toBeNull();
    const member = { accountId: ada.accountId, role: 'member' as const, joinedAt: '', channelId: channel.id };
    expect(socket.encodeEvent({ name: 'member.added', realm: 'fluent', channel, member }, ada)).toBeNull();
  });

  test('a ciphertext is given as it came, byte for byte', () => {
    const odd = 'AAAA+/=\n"\\\u2028é';
    const content = { ...encrypted, byReader: { [bob.accountId]: odd } };
    expect(toItem(created(content).message, bob.accountId, { sender: 1, receiver: 2 }, zones.rest)?.content).toBe(odd);
  });
});

test('C1, C22: a time has a zone and its message’s sequence, whatever the clock said, and is understood in every form', () => {
  const sentAt = '2025-11-22T10:30:00.123Z';
  expect(timeOf({ sentAt, sequence: 8 }, zones.rest)).toBe('2025-11-22T10:30:00.000008Z');
  expect(timeOf({ sentAt, sequence: 1008 }, zones.socket)).toBe('2025-11-22T10:30:00.001008+00:00');
  const time = timeOf({ sentAt, sequence: 4_031_008 }, '');
  const cursor = { second: '2025-11-22T10:30:00', millisecond: '2025-11-22T10:30:00.031', sequence: 31_008, step: 1e6 };
  // A client that forgets to escape a plus sends a space.
  for (const form of [time, `${time}Z`, `${time}+00:00`, `${time} 00:00`, time.replace('T', ' ')]) {
    expect(cursorOf(form)).toEqual(cursor);
  }
  for (const form of ['', 'Z', '+00:00', ' 00:00', '.0', '.0Z']) {
    expect(cursorOf(`2025-11-22T10:30:00${form}`)).toMatchObject({ second: cursor.second, sequence: 0 });
  }
});

test.each([['18'], [' 18 '], ['18.0'], [18]])('C6: receiverID may be a whole number as text: %j', (receiverID) => {
  expect(decode({ ...said, receiverID })).toMatchObject({ type: 'message.direct', to: { number: 18 } });
});

test('nothing is said first, and a socket is refused in plain text with 1008, or with 1013 where it may come back', async () => {
  const opening = await socket.open({} as never);
  expect(opening).toEqual({ state: null, attach: [], greeting: [], announced: false });
  expect(socket.close(new Fault('unauthenticated', 'no_token', 'x'))).toEqual({
    code: 1008,
    reason: 'Not authenticated',
  });
  expect(socket.close(new Fault('unauthenticated', 'token_expired', 'x')).code).toBe(1008);
  expect(socket.close(new Fault('unavailable', 'bus_down', 'x')).code).toBe(1013);
});

test('the path is /chat/ws and nothing else', () => {
  expect(socket.match('/chat/ws')).toEqual({});
  expect(socket.match('/chat/ws/')).toEqual({});
  expect(socket.match('/ws/chat/1')).toBeNull();
});

const caught = (work: () => unknown): Fault => {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error;
  }
  throw new Error('no Fault was thrown');
};
