import { createSchemas } from './openapi.js';
import type { Schemas } from './openapi.js';
import { mountPathOf } from '../dialects/registry.js';
import type { Mount } from '../dialects/registry.js';
import { socketDocuments } from './socket-documents.js';
import type { Frame, SocketDocument } from './socket-documents.js';

type Json = Record<string, unknown>;

export interface AsyncApi {
  readonly asyncapi: '3.0.0';
  readonly info: Json;
  readonly defaultContentType: string;
  readonly servers: Json;
  readonly channels: Record<string, Json>;
  readonly operations: Record<string, Json>;
  readonly components: { readonly messages: Json; readonly schemas: Json };
}

/** The sockets of every dialect as one document: a channel for each, with the messages of clients and of the server. */
export const asyncApiOf = (mounts: readonly Mount[]): AsyncApi => {
  const schemas = createSchemas();
  const channels: AsyncApi['channels'] = {};
  const operations: AsyncApi['operations'] = {};
  const messages: Json = {};
  for (const mount of mounts) {
    if (!mount.dialect.socket) continue;
    const { name } = mount.dialect;
    const document = socketDocuments[name];
    const frames = framesOf(document);
    for (const { key, ...frame } of frames) messages[`${name}.${key}`] = messageOf(key, frame, schemas);
    channels[name] = channelOf(mount, document, frames);
    // From the side of this server: it receives what clients send.
    operations[`${name}.receive`] = operationOf('receive', mount, frames);
    operations[`${name}.send`] = operationOf('send', mount, frames);
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley',
      version: '1.0.0',
      description: 'The sockets of every wire. REST is described in `/openapi.json`.',
      license: { name: 'MIT' },
      tags: mounts.map(({ dialect, title }) => ({ name: dialect.name, description: title })),
    },
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        host: '{host}',
        protocol: 'ws',
        variables: { host: { default: '127.0.0.1:8000', description: 'Any gateway; wss where TLS ends before it' } },
      },
    },
    channels,
    operations,
    components: { messages, schemas: schemas.shared },
  };
};

interface Placed extends Frame {
  /** The key in the channel; the prefixes `said_` and `heard_` separate the directions, because one name may exist in both. */
  readonly key: string;
}

const framesOf = ({ clientMessages, received }: SocketDocument): Placed[] => [
  ...Object.entries(clientMessages).map(([name, frame]) => ({ ...frame, key: `said_${name}` })),
  ...Object.entries(received).map(([name, frame]) => ({ ...frame, key: `heard_${name}` })),
];

const channelOf = (mount: Mount, document: SocketDocument, frames: readonly Placed[]): Json => {
  const { name } = mount.dialect;
  const { address, parameters, query, description } = document;
  return {
    address,
    title: mount.title,
    description: `${description} Also at \`${mountPathOf(mount)}${address}\`.`,
    tags: [{ name }],
    ...(parameters && {
      parameters: Object.fromEntries(
        Object.entries(parameters).map(([key, clientMessages]) => [key, { description: clientMessages }]),
      ),
    }),
    messages: Object.fromEntries(frames.map(({ key }) => [key, { $ref: `#/components/messages/${name}.${key}` }])),
    bindings: { ws: { method: 'GET', query: querySchema(query), bindingVersion: '0.1.0' } },
  };
};

const querySchema = (query: SocketDocument['query']): Json => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(query).map(([name, description]) => [name, { type: 'string', description }]),
  ),
});

const messageOf = (key: string, frame: Frame, schemas: Schemas): Json => ({
  name: key.replace(/^(said|heard)_/, ''),
  summary: frame.summary,
  contentType: frame.plain ? 'text/plain' : 'application/json',
  // Verbatim messages are sent as they were received.
  payload: schemas.of(frame.schema, 'input'),
  ...(frame.example !== undefined && { examples: [{ payload: frame.example }] }),
});

const operationOf = (action: 'receive' | 'send', mount: Mount, frames: readonly Placed[]): Json => {
  const { name } = mount.dialect;
  const prefix = action === 'receive' ? 'said_' : 'heard_';
  return {
    action,
    title: action === 'receive' ? 'What clients say' : 'What clients hear',
    channel: { $ref: `#/channels/${name}` },
    messages: frames
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ key }) => ({ $ref: `#/channels/${name}/messages/${key}` })),
  };
};
