import { z } from 'zod';
import type { DialectDocuments, SocketDescription } from '../../protocol/documents.js';
import { fastApiFault } from '../shared/fastapi-errors.js';
import { frames } from './frames.js';
import * as shapes from './shapes.js';

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
const peer = (n: number) => ({
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
const socket: SocketDescription = {
  address: '/ws',
  query: { token: 'The access token' },
  description:
    'The peers of one network. The token may also be sent as Authorization: Bearer. The client registers first; then it receives which peers of its subnet come and go. Closed with 4001 without a token, 1008 for an invalid one.',
  clientMessages: frames,
  serverMessages: {
    register_agent_response: {
      summary: 'The agent is registered; lists the other online peers',
      schema: z.object({
        type: z.literal('register_agent_response'),
        status: z.literal('registered'),
        virtual_ip: z.string(),
        connection_id: z.string(),
        existing_peers: z.array(Peer),
      }),
      example: {
        type: 'register_agent_response',
        status: 'registered',
        virtual_ip: '10.0.0.5',
        connection_id: '550e8400-e29b-41d4-a716-446655440000',
        existing_peers: [peer(2)],
      },
    },
    peer_online: {
      summary: 'A peer registered',
      schema: z.object({ type: z.literal('peer_online'), peer: Peer }),
      example: { type: 'peer_online', peer: peer(3) },
    },
    peer_offline: {
      summary: 'A peer disconnected',
      schema: z.object({
        type: z.literal('peer_offline'),
        peer_id: z.string(),
        user_id: z.int(),
        virtual_ip: z.string(),
      }),
      example: { type: 'peer_offline', peer_id: 'peer-device-003', user_id: 3, virtual_ip: '10.0.0.7' },
    },
    error: {
      summary: 'A frame failed',
      schema: z.object({ error: z.string() }),
      example: { error: 'First message must be register' },
    },
  },
};

export const documents: DialectDocuments = {
  schemas: { ...shapes, Peer },
  examples: {
    Credentials: { email: 'user1@example.com', password: 'correct horse battery' },
    NewOrganization: { name: 'Example', subnet: '10.0.0.0/24' },
    Join: { invitation: 'b3BhcXVl…' },
    AllocateBody: { user_id: 0 },
    User: { id: 1, email: 'user1@example.com' },
    Token: { access_token: 'eyJhbGciOi…', token_type: 'bearer' },
    Organization: { id: 1, name: 'Example', subnet: '10.0.0.0/24' },
    Status: { status: 'joined' },
    Invited: { status: 'invited', invitation: 'b3BhcXVl…', expires_at: '2026-02-07T12:00:00.000Z' },
    Ended: { status: 'left' },
    Member: { user_id: 1, email: 'user1@example.com' },
    Address: { user_id: 1, virtual_ip: '10.0.0.5' },
    Allocated: { user_id: 1, org_id: 1, virtual_ip: '10.0.0.5' },
    Detail: { detail: 'Organization not found' },
    Peer: peer(2),
  },
  token: { in: 'bearer' },
  fault: fastApiFault,
  socket,
};
