import { z } from 'zod';
import type { DialectDocuments, SocketDescription } from '../../protocol/documents.js';
import { fastApiFault } from '../shared/fastapi-errors.js';
import { frames } from './frames.js';
import * as shapes from './shapes.js';

const partner = { id: 2, user_name: 'bob', public_key: 'MIIBIjANBgkqhkiG9w0BAQEFAAOC…' };
const item = {
  sender_id: 1,
  receiver_id: 2,
  content: 'x2k0…',
  message_type: 'text',
  timestamp: '2026-01-31T12:00:00.000001Z',
};

const socket: SocketDescription = {
  address: '/chat/ws',
  query: { token: 'The access token' },
  description:
    'All messages of one user, each with the ciphertext for this reader. The server sends nothing first. Errors are plain text. Closed with 1008 for an invalid token.',
  clientMessages: frames,
  serverMessages: {
    message: {
      summary: 'A sent or received message, with the ciphertext for this reader',
      schema: shapes.Item,
      example: { ...item, timestamp: '2026-01-31T12:00:00.000001+00:00' },
    },
    error: { summary: 'A frame failed', schema: z.string(), example: 'Invalid JSON format', plain: true },
  },
};

export const documents: DialectDocuments = {
  schemas: { ...shapes },
  examples: {
    NewUser: {
      username: 'alice',
      email: 'alice@example.com',
      password: 'correct horse battery',
      public_key: 'MIIBIjANBgkqhkiG9w0BAQEFAAOC…',
    },
    SignIn: { username: 'alice', password: 'correct horse battery' },
    RefreshToken: { refresh_token: 'b3BhcXVl…' },
    Registered: { id: 1, username: 'alice', email: 'alice@example.com' },
    Tokens: { access_token: 'eyJhbGciOi…', refresh_token: 'b3BhcXVl…', token_type: 'Bearer' },
    PartnerInfo: partner,
    Found: { ...partner, username: 'bob' },
    Item: item,
    ChatEntry: { partner, message: item },
    Online: { message: 'Backend is online' },
    Detail: { detail: 'Partner does not exist' },
  },
  token: { in: 'bearer' },
  fault: fastApiFault,
  socket,
};
