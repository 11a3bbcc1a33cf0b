import { z } from 'zod';
import type { DialectDocuments, SocketDescription } from '../../protocol/documents.js';
import { fastApiFault } from '../shared/fastapi-errors.js';
import { frames } from './frames.js';
import * as shapes from './shapes.js';

const created_at = '2025-11-22T10:30:00.000000';
const user = {
  id: 1,
  email: 'alice@example.com',
  username: 'alice',
  first_name: 'Alice',
  last_name: 'Smith',
  role: 'user',
  is_active: true,
  created_at,
};
const { email: _email, created_at: _createdAt, ...publicUser } = user;
const message = {
  id: 123,
  content: 'Message text',
  sender_id: 2,
  sender_name: 'alice',
  conversation_id: 1,
  created_at: '2025-11-22 10:30:00',
};

const socket: SocketDescription = {
  address: '/conversations/{conversation_id}/ws',
  parameters: { conversation_id: 'The number of a conversation' },
  query: { token: 'The access token' },
  description:
    'One conversation, for its participants. The sender receives its own messages too. Closed with 4001 without a valid token, 4003 for an account that is not a participant, 4004 if the conversation does not exist, 4000 for every other refusal.',
  clientMessages: frames,
  serverMessages: {
    connection: {
      summary: 'The first frame',
      schema: z.object({
        type: z.literal('connection'),
        status: z.literal('connected'),
        conversation_id: z.int(),
        user_id: z.int(),
      }),
      example: { type: 'connection', status: 'connected', conversation_id: 1, user_id: 1 },
    },
    message: {
      summary: 'A message, posted over the socket or over REST',
      schema: shapes.ConversationMessage.extend({ type: z.literal('message') }),
      example: { type: 'message', ...message },
    },
    user_left: {
      summary: 'A connection of another account closed',
      schema: z.object({ type: z.literal('user_left'), user_id: z.int(), username: z.string() }),
      example: { type: 'user_left', user_id: 2, username: 'alice' },
    },
    error: {
      summary: 'A frame was not valid',
      schema: z.object({ type: z.literal('error'), message: z.string() }),
      example: { type: 'error', message: 'Error description' },
    },
  },
};

export const documents: DialectDocuments = {
  schemas: { ...shapes },
  examples: {
    SignIn: { username: 'testuser', password: 'TestPassword123' },
    NewUser: {
      email: 'alice@example.com',
      username: 'alice',
      first_name: 'Alice',
      last_name: 'Smith',
      password: 'TestPassword123',
    },
    NewConversation: { title: 'Project', participant_ids: [2, 3] },
    Say: { content: 'Your message here' },
    User: user,
    Participant: { ...publicUser, is_online: true },
    Tokens: { access_token: 'eyJhbGciOi…', token_type: 'bearer', user },
    Conversation: { id: 1, title: 'Project', created_at },
    ConversationMessage: message,
    Detail: { detail: 'Conversation not found' },
  },
  token: { in: 'bearer' },
  fault: fastApiFault,
  socket,
};
