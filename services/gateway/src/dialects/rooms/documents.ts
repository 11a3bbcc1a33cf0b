import { z } from 'zod';
import type { DialectDocuments, SocketDescription } from '../../protocol/documents.js';
import { File } from './file-message.js';
import { frames } from './frames.js';
import { Reacted } from './reactions.js';
import { fastApiFault } from '../shared/fastapi-errors.js';
import * as shapes from './shapes.js';

const timestamp = '2026-01-31T12:00:00';
const tokens = { access_token: 'eyJhbGciOi…', refresh_token: 'b3BhcXVl…', token_type: 'bearer' };
const message = {
  type: 'message',
  message_id: 1,
  room_id: 1,
  sender: 'user1',
  message: 'Hello, world!',
  message_type: 'text',
  file_url: null,
  file_name: null,
  file_size: null,
  mime_type: null,
  timestamp,
  reactions: [{ reaction_type: '👍', count: 2 }],
  user_reaction: '👍',
};
const last = { message_id: 1, sender: 'user1', message: 'Hello, world!', message_type: 'text', timestamp };

const eventOf = <T extends string>(type: T) =>
  z.object({ type: z.literal(type), room_id: z.int(), sender: z.string(), message: z.string(), timestamp: z.string() });
const event = { room_id: 1, sender: 'user1', timestamp };

const socket: SocketDescription = {
  address: '/ws/chat/{room_id}',
  parameters: { room_id: 'The number of a room, or its name in any case' },
  query: { token: 'The access token' },
  description:
    'One room. The sender does not receive its own messages. Frames may be text or binary. Closed with 1008 for an invalid token, and with 1000 after an error frame if the room does not exist.',
  clientMessages: frames,
  serverMessages: {
    connected: {
      summary: 'The first frame',
      schema: eventOf('connected').omit({ sender: true }).extend({ room_name: z.string() }),
      example: { type: 'connected', room_id: 1, room_name: 'General', message: 'Connected to General', timestamp },
    },
    message: { summary: 'A message of another user', schema: shapes.RoomMessage, example: message },
    reaction: {
      summary: 'A user reacted to a message, or removed its reaction',
      schema: Reacted,
      example: { type: 'reaction', ...event, message_id: 1, reaction_type: '👍', action: 'added', count: 2 },
    },
    typing: {
      summary: 'Another user is typing',
      schema: eventOf('typing'),
      example: { type: 'typing', ...event, message: 'user1 is typing...' },
    },
    user_joined: {
      summary: 'Another user connected',
      schema: eventOf('user_joined'),
      example: { type: 'user_joined', ...event, message: 'user1 joined the chat' },
    },
    error: {
      summary: 'A frame was not valid',
      schema: z.object({ type: z.literal('error'), message: z.string() }),
      example: { type: 'error', message: 'Invalid JSON format' },
    },
  },
};

export const documents: DialectDocuments = {
  schemas: { ...shapes, File },
  examples: {
    Credentials: { username: 'user1', password: 'password123' },
    RefreshToken: { refresh_token: 'b3BhcXVl…' },
    NewRoom: { name: 'General' },
    Notice: { message: 'User registered successfully' },
    Tokens: tokens,
    Me: { username: 'user1', id: 1, created_at: timestamp },
    Room: { name: 'General', id: 1, created_at: timestamp },
    LastMessage: last,
    RoomWithLast: { id: 1, name: 'General', created_at: timestamp, last_message: last, unread_count: 2 },
    RoomMessage: message,
    NewReaction: { reaction_type: '👍' },
    MessageReactions: { message_id: 1, reactions: [{ reaction_type: '👍', count: 2 }], user_reaction: '👍' },
    MarkedRead: { message: 'Marked 2 messages as read', read_count: 2 },
    Detail: { detail: 'Room not found' },
  },
  token: { in: 'bearer' },
  fault: fastApiFault,
  socket,
};
