import { mountPathOf } from '../dialects/registry.js';
import type { Mount } from '../dialects/registry.js';
import type { MessageDescription, SocketDescription } from '../protocol/documents.js';
import { infoOf, namedOf } from './info.js';
import { createSchemas } from './schemas.js';
import type { Json, Schemas } from './schemas.js';

export interface AsyncApi {
  readonly asyncapi: '3.1.0';
  readonly info: Json;
  readonly defaultContentType: string;
  readonly servers: Json;
  readonly channels: Record<string, Json>;
  readonly operations: Record<string, Json>;
  readonly components: { readonly messages: Json; readonly schemas: Json };
}

/** From the side of this server: it receives what clients send. */
const directions = { receive: 'clientMessages', send: 'serverMessages' } as const;
type Action = keyof typeof directions;
const actions = Object.keys(directions) as Action[];

/** The sockets of every dialect as one document: a channel for each, with the messages of clients and of the server. */
export const asyncApiOf = (mounts: readonly Mount[], version: string): AsyncApi => {
  const schemas = createSchemas(mounts.map(namedOf));
  const channels: AsyncApi['channels'] = {};
  const operations: AsyncApi['operations'] = {};
  const messages: Json = {};
  for (const mount of mounts) {
    const { name, documents } = mount.dialect;
    const { socket } = documents;
    for (const { action, key, message } of messagesOf(socket))
      messages[`${name}.${key}`] = messageOf(key, message, action, schemas);
    channels[name] = channelOf(mount);
    for (const action of actions) operations[`${name}.${action}`] = operationOf(action, mount);
  }
  const { license: _spdx, ...info } = infoOf(
    'The sockets of every dialect. REST is described in `/openapi.json`, the methods of the v1 socket in `/openrpc.json`.',
    version,
  );
  return {
    asyncapi: '3.1.0',
    info: {
      ...info,
      license: { name: 'MIT' },
      tags: mounts.map(({ dialect, title }) => ({ name: dialect.name, description: title })),
    },
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        host: '{host}',
        protocol: 'ws',
        description: 'Any gateway; `wss` where TLS ends before it',
        variables: { host: { default: '127.0.0.1:8000', description: 'Host and port of the gateway' } },
      },
    },
    channels,
    operations,
    components: { messages, schemas: schemas.components },
  };
};

interface Placed {
  readonly action: Action;
  /** The key in the channel. The direction is part of it, because one name may exist in both. */
  readonly key: string;
  readonly message: MessageDescription;
}

const messagesOf = (socket: SocketDescription, only: readonly Action[] = actions): Placed[] =>
  only.flatMap((action) =>
    Object.entries(socket[directions[action]]).map(([name, message]) => ({
      action,
      key: `${action}.${name}`,
      message,
    })),
  );

const channelOf = (mount: Mount): Json => {
  const { name, documents } = mount.dialect;
  const { address, parameters, query, description } = documents.socket;
  return {
    address,
    title: mount.title,
    description: `${description} Also at \`${mountPathOf(mount)}${address}\`.`,
    tags: [{ name }],
    ...(parameters && {
      parameters: Object.fromEntries(Object.entries(parameters).map(([key, text]) => [key, { description: text }])),
    }),
    messages: Object.fromEntries(
      messagesOf(documents.socket).map(({ key }) => [key, { $ref: `#/components/messages/${name}.${key}` }]),
    ),
    bindings: { ws: { method: 'GET', query: querySchema(query), bindingVersion: '0.1.0' } },
  };
};

const querySchema = (query: SocketDescription['query']): Json => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(query).map(([name, description]) => [name, { type: 'string', description }]),
  ),
});

const messageOf = (key: string, message: MessageDescription, action: Action, schemas: Schemas): Json => ({
  name: key.slice(action.length + 1),
  title: key.slice(action.length + 1),
  summary: message.summary,
  contentType: message.plain ? 'text/plain' : 'application/json',
  payload: schemas.of(message.schema, action === 'receive' ? 'input' : 'output'),
  examples: [{ name: 'example', summary: message.summary, payload: message.example }],
});

const operationOf = (action: Action, mount: Mount): Json => {
  const { name, documents } = mount.dialect;
  const from = action === 'receive' ? 'clients send' : 'the server sends';
  return {
    action,
    title: `What ${from}`,
    summary: `The frames that ${from} on the socket of ${name}`,
    channel: { $ref: `#/channels/${name}` },
    messages: messagesOf(documents.socket, [action]).map(({ key }) => ({
      $ref: `#/channels/${name}/messages/${key}`,
    })),
  };
};
