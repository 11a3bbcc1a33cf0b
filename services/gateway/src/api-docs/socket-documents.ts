import { AccountId, ChannelId, ClientId, Timestamp } from '@parley/contracts';
import type { DialectName } from '@parley/contracts';
import { z } from 'zod';
import * as conversations from '../dialects/conversations/shapes.js';
import * as fluent from '../dialects/fluent/shapes.js';
import * as rooms from '../dialects/rooms/shapes.js';
import * as swifty from '../dialects/swifty/shapes.js';
import { SendableContent } from '../dialects/v1/decode.js';
import { ChannelSummaryView, ChannelView, MemberView, MessageView } from '../dialects/v1/shapes.js';

/** One kind of frame. */
export interface Frame {
  readonly summary: string;
  readonly schema: z.ZodType;
  /** The example in the README of the old server, where there is one. */
  readonly example?: unknown;
  /** Plain text instead of JSON. */
  readonly plain?: true;
}

/** The socket of a dialect as text and schemas. `clientMessages`: sent by clients; `received`: sent to them. */
export interface SocketDocument {
  readonly address: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** The query parameters of the handshake. */
  readonly query: Readonly<Record<string, string>>;
  readonly description: string;
  readonly clientMessages: Readonly<Record<string, Frame>>;
  readonly received: Readonly<Record<string, Frame>>;
}

const one = (summary: string, schema: z.ZodType, example?: unknown): Frame => ({
  summary,
  schema,
  ...(example !== undefined && { example }),
});

const byToken = { token: 'The access token' };

const roomEvents = <T extends string>(type: T) =>
  z.object({ type: z.literal(type), room_id: z.int(), sender: z.string(), message: z.string(), timestamp: z.string() });

const roomsSocket: SocketDocument = {
  address: '/ws/chat/{room_id}',
  parameters: { room_id: 'The number of a room, or its name in any case' },
  query: byToken,
  description:
    'One room, for whoever is signed in. What one says oneself does not come back. Frames may be text or binary. Closed with 1008 for a token that is no good, with 1000 after an error frame where there is no such room.',
  clientMessages: {
    message: one('Say something', rooms.Say, { type: 'message', content: 'Hello, world!' }),
    typing: one('I am typing', z.object({ type: z.literal('typing') }), { type: 'typing' }),
  },
  received: {
    connected: one('The first frame', roomEvents('connected').omit({ sender: true }).extend({ room_name: z.string() })),
    message: one('Somebody said something', rooms.RoomMessage),
    typing: one('Somebody is typing', roomEvents('typing')),
    user_joined: one('Somebody connected', roomEvents('user_joined')),
    error: one('A frame was not understood', z.object({ type: z.literal('error'), message: z.string() }), {
      type: 'error',
      message: 'Invalid JSON format',
    }),
  },
};

const conversationsSocket: SocketDocument = {
  address: '/conversations/{conversation_id}/ws',
  parameters: { conversation_id: 'The number of a conversation' },
  query: byToken,
  description:
    'One conversation, for its participants. What one says comes back to oneself too. Closed with 4001 without a good token, 4003 for whoever does not take part, 4004 where there is no such conversation, 4000 when letting in failed.',
  clientMessages: { message: one('Say something', conversations.Say, { content: 'Your message here' }) },
  received: {
    connection: one(
      'The first frame',
      z.object({
        type: z.literal('connection'),
        status: z.literal('connected'),
        conversation_id: z.int(),
        user_id: z.int(),
      }),
      { type: 'connection', status: 'connected', conversation_id: 1, user_id: 1 },
    ),
    message: one(
      'Somebody said something, over the socket or over REST',
      conversations.ConversationMessage.extend({ type: z.literal('message') }),
      {
        type: 'message',
        id: 123,
        content: 'Message text',
        sender_id: 2,
        sender_name: 'alice',
        conversation_id: 1,
        created_at: '2025-11-22 10:30:00',
      },
    ),
    user_left: one(
      'A connection of another account closed',
      z.object({ type: z.literal('user_left'), user_id: z.int(), username: z.string() }),
      { type: 'user_left', user_id: 2, username: 'alice' },
    ),
    error: one('A frame was not understood', z.object({ type: z.literal('error'), message: z.string() }), {
      type: 'error',
      message: 'Error description',
    }),
  },
};

const fluentSocket: SocketDocument = {
  address: '/chat/ws',
  query: byToken,
  description:
    'All messages of one user, each as the ciphertext made for this reader. Nothing is said first. Errors are plain text. Closed with 1008 for a token that is no good.',
  clientMessages: {
    message: one('One ciphertext for the partner and one for oneself', fluent.Say, {
      receiverID: 2,
      receiver_encrypted: 'x2k0…',
      sender_encrypted: 'q8Zt…',
      messageType: 'text',
    }),
  },
  received: {
    message: one('A message, sent or got, with the ciphertext of this reader', fluent.Item),
    error: { ...one('What was wrong', z.string(), 'Invalid JSON format'), plain: true },
  },
};

const Peer = z.object({
  peer_id: z.string(),
  user_id: z.int(),
  email: z.string().nullable(),
  agent_id: z.string().nullable(),
  public_ip: z.string(),
  public_port: z.int(),
  relay_ip: z.string().nullable(),
  relay_port: z.int().nullable(),
  virtual_ip: z.string(),
});
const peerExample = (n: number) => ({
  peer_id: `peer-device-00${n}`,
  user_id: n,
  email: `user${n}@example.com`,
  agent_id: `peer-device-00${n}`,
  public_ip: `203.0.113.${n}`,
  public_port: 50000,
  relay_ip: `203.0.113.1${n - 1}`,
  relay_port: 50001,
  virtual_ip: `10.0.0.${n + 4}`,
});
/** As the dialect parses it; ports may also be digits as text. */
const Register = z.object({
  type: z.literal('register'),
  agent_id: z.string().nullish(),
  public_ip: z.string(),
  public_port: z.union([z.int(), z.string()]),
  relay_ip: z.string().nullish(),
  relay_port: z.union([z.int(), z.string()]).nullish(),
});

const meshSocket: SocketDocument = {
  address: '/ws',
  query: byToken,
  description:
    'The peers of one network. The token may also come as Authorization: Bearer. The client speaks first and registers; then it hears who comes and goes on its subnet. Closed with 4001 without a token, 1008 for one that is no good.',
  clientMessages: {
    register: one('This agent, and where it is reached', Register, {
      type: 'register',
      agent_id: 'peer-device-001',
      public_ip: '203.0.113.1',
      public_port: 50000,
      relay_ip: '203.0.113.10',
      relay_port: 50001,
    }),
  },
  received: {
    register_agent_response: one(
      'Registered; and who else is online',
      z.object({
        type: z.literal('register_agent_response'),
        status: z.literal('registered'),
        virtual_ip: z.string(),
        connection_id: z.string(),
        existing_peers: z.array(Peer),
      }),
      {
        type: 'register_agent_response',
        status: 'registered',
        virtual_ip: '10.0.0.5',
        connection_id: '550e8400-e29b-41d4-a716-446655440000',
        existing_peers: [peerExample(2)],
      },
    ),
    peer_online: one('Somebody came', z.object({ type: z.literal('peer_online'), peer: Peer }), {
      type: 'peer_online',
      peer: peerExample(3),
    }),
    peer_offline: one(
      'Somebody went',
      z.object({ type: z.literal('peer_offline'), peer_id: z.string(), user_id: z.int(), virtual_ip: z.string() }),
      { type: 'peer_offline', peer_id: 'peer-device-003', user_id: 3, virtual_ip: '10.0.0.7' },
    ),
    error: one('What was wrong', z.object({ error: z.string() }), { error: 'First message must be register' }),
  },
};

const directExample = {
  to: '6f1d2c3b-4a59-4e68-8d77-a1b2c3d4e5f6',
  from: '123e4567-e89b-12d3-a456-426614174000',
  timestamp: 1234567890.123,
  priority: 'high',
  subject: 'Message subject',
  msgid: '0b9e7c1a-2f43-4d5e-9a68-7c8b9d0e1f23',
  acknowledge: true,
  content: 'Message content',
  action: 'message',
  event: 'event-type',
  status: 'sent',
  conversation_id: 'conversation-id',
  msgno: 1,
};
const topicExample = {
  topic_id: 'my-topic',
  from: '123e4567-e89b-12d3-a456-426614174000',
  timestamp: 1234567890.123,
  priority: 'normal',
  subject: 'Topic message',
  msgid: 'message-uuid',
  content: 'Message content',
  action: 'topic_message',
  event: '',
  status: 'sent',
  msgno: 1,
};
const deviceEvents = <T extends string>(type: T) =>
  z.object({ type: z.literal(type), message: z.string(), timestamp: z.number() });

const swiftySocket: SocketDocument = {
  address: '/ws',
  query: byToken,
  description:
    'One device. Of its connections the newest hears. A frame with topic_id goes to a topic, any other to one device; both arrive verbatim, unknown fields too. Closed with 4001 without a token, 1008 for one that is no good.',
  clientMessages: {
    direct: one('To one device', swifty.Direct, directExample),
    topic: one('To a topic that one is subscribed to', swifty.ToTopic, topicExample),
    ack: one('A message was received; nothing answers it', swifty.Ack, {
      type: 'ack',
      msgid: directExample.msgid,
    }),
  },
  received: {
    connection: one('The first frame', deviceEvents('connection').extend({ uuid: z.string(), name: z.string() })),
    direct: one('A message for this device', swifty.Direct, directExample),
    topic: one('A message in a topic', swifty.ToTopic, topicExample),
    sent: one('The message was delivered', deviceEvents('sent').extend({ msgid: z.string() })),
    topic_sent: one(
      'The message is in its topic, and how many it reached',
      deviceEvents('topic_sent').extend({ topic_id: z.string(), msgid: z.string() }),
    ),
    error: one('What was wrong', deviceEvents('error').extend({ msgid: z.string().optional() })),
  },
};

const RequestId = z.union([z.string().max(128), z.int(), z.null()]);
const request = <S extends z.ZodType>(method: string, params: S) =>
  z.object({
    jsonrpc: z.literal('2.0'),
    id: RequestId.optional(),
    method: z.literal(method),
    params,
    traceparent: z.string().length(55).optional(),
  });
const answer = (result: z.ZodType) => z.object({ jsonrpc: z.literal('2.0'), id: RequestId, result });
const notice = (method: string, params: z.ZodType) =>
  z.object({ jsonrpc: z.literal('2.0'), method: z.literal(method), params });
const Sequence = z.int().min(0);
const ErrorBody = z.object({
  code: z.int(),
  message: z.string(),
  data: z.object({ code: z.string(), reason: z.string(), retryAfterMs: z.int().optional() }),
});
const Replayed = z.object({ outcome: z.literal('replayed'), count: Sequence, head: Sequence });
const Reset = z.object({ outcome: z.literal('reset'), head: Sequence, floor: Sequence });
const Stream = z.union([Replayed, Reset, z.object({ outcome: z.literal('refused'), error: ErrorBody })]);
const channel = { channelId: ChannelId };
const membership = { ...channel, membershipVersion: z.int() };
const channelId = '0198c5a2-7d1e-7a3b-9c4d-5e6f708192a3';
const call = (method: string, params: object) => ({ jsonrpc: '2.0', id: 1, method, params });

const v1Socket: SocketDocument = {
  address: '/v1/socket',
  query: { ticket: 'From POST /v1/socket-tickets, good once', realm: 'The realm of the ticket, where it is another' },
  description:
    'Everything of one account, as JSON-RPC 2.0, one object in each frame. Let in by Authorization: Bearer, by a ticket, or by session.authenticate as the first frame. Rules, close codes and how to resume: docs/protocol-v1.md.',
  clientMessages: {
    'session.authenticate': one(
      'The first frame, without a token or ticket in the handshake',
      request('session.authenticate', z.object({ accessToken: z.string() })),
      call('session.authenticate', { accessToken: 'eyJhbGciOi…' }),
    ),
    'session.refresh': one(
      'A newer access token of the same session',
      request('session.refresh', z.object({ accessToken: z.string() })),
      call('session.refresh', { accessToken: 'eyJhbGciOi…' }),
    ),
    'session.resume': one(
      'Take streams up, each after its last number',
      request(
        'session.resume',
        z.object({ inbox: Sequence.optional(), channels: z.record(z.string(), Sequence).optional() }),
      ),
      call('session.resume', { inbox: 12, channels: { [channelId]: 348 } }),
    ),
    'channel.attach': one(
      'Hear a channel',
      request('channel.attach', z.object({ ...channel, after: Sequence.optional() })),
      call('channel.attach', { channelId, after: 348 }),
    ),
    'channel.detach': one(
      'Hear it no more',
      request('channel.detach', z.object(channel)),
      call('channel.detach', { channelId }),
    ),
    'message.send': one(
      'Say something in a channel, or to an account (either channelId or directWith)',
      request(
        'message.send',
        z.object({
          channelId: ChannelId.optional(),
          directWith: AccountId.optional(),
          clientId: ClientId,
          content: SendableContent,
        }),
      ),
      call('message.send', { channelId, clientId: 'a1', content: { type: 'text', text: 'Hello' } }),
    ),
    'typing.start': one('I am typing', request('typing.start', z.object(channel)), call('typing.start', { channelId })),
    'receipt.record': one(
      'Read up to here',
      request('receipt.record', z.object({ ...channel, sequence: Sequence })),
      call('receipt.record', { channelId, sequence: 348 }),
    ),
    ping: one('Are you there?', request('ping', z.object({}).optional()), { jsonrpc: '2.0', id: 1, method: 'ping' }),
  },
  received: {
    'session.opened': one(
      'The first frame once the account is known',
      notice('session.opened', z.object({ connectionId: z.string(), accountId: AccountId, expiresAt: Timestamp })),
    ),
    'message.created': one(
      'A message, with inboxSequence when it belongs to the inbox',
      notice('message.created', z.object({ message: MessageView, inboxSequence: z.int().optional() })),
    ),
    'typing.started': one(
      'Somebody is typing',
      notice('typing.started', z.object({ ...channel, account: z.object({ id: AccountId, name: z.string() }) })),
    ),
    'member.added': one('Somebody joined', notice('member.added', z.object({ ...membership, member: MemberView }))),
    'member.changed': one('A role changed', notice('member.changed', z.object({ ...membership, member: MemberView }))),
    'member.removed': one(
      'Somebody is no longer in it',
      notice('member.removed', z.object({ ...membership, accountId: AccountId })),
    ),
    'channel.changed': one('Renamed or closed', notice('channel.changed', z.object({ channel: ChannelView }))),
    'session.goaway': one('This server is leaving', notice('session.goaway', z.object({ reconnectAfterMs: z.int() })), {
      jsonrpc: '2.0',
      method: 'session.goaway',
      params: { reconnectAfterMs: 3170 },
    }),
    authenticated: one(
      'session.authenticate is done',
      answer(z.object({ accountId: AccountId, expiresAt: Timestamp })),
    ),
    refreshed: one('session.refresh is done', answer(z.object({ expiresAt: Timestamp }))),
    resumed: one(
      'session.resume is done',
      answer(z.object({ inbox: Stream.optional(), channels: z.record(z.string(), Stream) })),
    ),
    attached: one(
      'channel.attach is done',
      answer(z.union([Replayed, Reset]).and(z.object({ channel: ChannelSummaryView }))),
    ),
    sent: one(
      'message.send is done, after the commit',
      answer(
        MessageView.pick({ id: true, number: true, channelId: true, sequence: true, sentAt: true }).extend({
          inboxSequence: z.int().optional(),
          repeated: z.boolean(),
        }),
      ),
    ),
    recorded: one('receipt.record is done', answer(z.object({ sequence: Sequence }))),
    done: one('channel.detach, typing.start or ping is done', answer(z.object({})), {
      jsonrpc: '2.0',
      id: 1,
      result: {},
    }),
    error: one(
      'A request failed, or with id null the connection or an unreadable frame',
      z.object({ jsonrpc: z.literal('2.0'), id: RequestId, error: ErrorBody }),
      {
        jsonrpc: '2.0',
        id: 7,
        error: { code: -32003, message: 'Join first', data: { code: 'forbidden', reason: 'not_member' } },
      },
    ),
  },
};

/** Every dialect that has a socket. */
export const socketDocuments: Readonly<Record<DialectName, SocketDocument>> = {
  v1: v1Socket,
  rooms: roomsSocket,
  conversations: conversationsSocket,
  fluent: fluentSocket,
  mesh: meshSocket,
  swifty: swiftySocket,
};
