import { z } from 'zod';
import type { MessageDescription, SocketDescription } from '../../protocol/documents.js';
import type { Method, Notification } from '../../protocol/methods.js';
import { rpcError } from './examples.js';
import { methods } from './methods.js';
import { notifications } from './notifications.js';
import { RequestId } from './rpc.js';
import { ErrorBody } from './socket-shapes.js';

// The frames of the socket, made from the tables of methods and notifications.

const version = { jsonrpc: z.literal('2.0') };
const byName = <T>(table: Readonly<Record<string, T>>, of: (name: string, each: T) => MessageDescription) =>
  Object.fromEntries(Object.entries(table).map(([name, each]) => [name, of(name, each)]));

const requestOf = (name: string, { summary, params, example }: Method): MessageDescription => ({
  summary,
  schema: z.object({
    ...version,
    id: RequestId.optional(),
    method: z.literal(name),
    params,
    traceparent: z.string().length(55).optional(),
  }),
  example: { jsonrpc: '2.0', id: 1, method: name, params: example.params },
});

const resultOf = (name: string, { result, example }: Method): MessageDescription => ({
  summary: `Result of ${name}`,
  schema: z.object({ ...version, id: RequestId, result }),
  example: { jsonrpc: '2.0', id: 1, result: example.result },
});

const notificationOf = (name: string, { summary, params, example }: Notification): MessageDescription => ({
  summary,
  schema: z.object({ ...version, method: z.literal(name), params }),
  example: { jsonrpc: '2.0', method: name, params: example },
});

const error: MessageDescription = {
  summary: 'Error of a request; with id null of an unreadable frame or of the connection',
  schema: z.object({ ...version, id: RequestId, error: ErrorBody }),
  example: { jsonrpc: '2.0', id: 7, error: rpcError },
};

export const socketDescription: SocketDescription = {
  address: '/v1/socket',
  query: {
    ticket: 'From POST /v1/socket-tickets; opens one socket',
    realm: 'The realm of the ticket, if it is not the default realm',
  },
  description:
    'One socket for everything of an account: JSON-RPC 2.0, one object per frame. Authenticated by Authorization: Bearer, by a ticket, or by session.authenticate as the first frame. Rules, close codes and resuming: docs/protocol-v1.md.',
  clientMessages: byName(methods, requestOf),
  serverMessages: {
    ...byName(notifications, notificationOf),
    ...Object.fromEntries(Object.entries(methods).map(([name, each]) => [`${name}.result`, resultOf(name, each)])),
    error,
  },
};
