import { createSchemas } from './openapi.js';
import type { Schemas } from './openapi.js';
import { mountOf } from './registry.js';
import type { Wire } from './registry.js';
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

/** The sockets of every wire as one document: a channel for each, what clients say there and what they hear. */
export const asyncApiOf = (wires: readonly Wire[]): AsyncApi => {
  const schemas = createSchemas();
  const channels: AsyncApi['channels'] = {};
  const operations: AsyncApi['operations'] = {};
  const messages: Json = {};
  for (const wire of wires) {
    if (!wire.dialect.socket) continue;
    const { name } = wire.dialect;
    const document = socketDocuments[name];
    const frames = framesOf(document);
    for (const { key, ...frame } of frames) messages[`${name}.${key}`] = messageOf(key, frame, schemas);
    channels[name] = channelOf(wire, document, frames);
    // From the side of this server: it receives what clients say.
    operations[`${name}.receive`] = operationOf('receive', wire, frames);
    operations[`${name}.send`] = operationOf('send', wire, frames);
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley',
      version: '1.0.0',
      description: 'The sockets of every wire. REST is described in `/openapi.json`.',
      license: { name: 'MIT' },
      tags: wires.map(({ dialect, title }) => ({ name: dialect.name, description: title })),
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
  /** Its name in the channel; `said_` and `heard_` because one word may mean another thing each way. */
  readonly key: string;
}

const framesOf = ({ said, heard }: SocketDocument): Placed[] => [
  ...Object.entries(said).map(([name, frame]) => ({ ...frame, key: `said_${name}` })),
  ...Object.entries(heard).map(([name, frame]) => ({ ...frame, key: `heard_${name}` })),
];

const channelOf = (wire: Wire, document: SocketDocument, frames: readonly Placed[]): Json => {
  const { name } = wire.dialect;
  const { address, parameters, query, description } = document;
  return {
    address,
    title: wire.title,
    description: `${description} Also at \`${mountOf(wire)}${address}\`.`,
    tags: [{ name }],
    ...(parameters && {
      parameters: Object.fromEntries(Object.entries(parameters).map(([key, said]) => [key, { description: said }])),
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
  // What is verbatim goes out as it came in.
  payload: schemas.of(frame.schema, 'input'),
  ...(frame.example !== undefined && { examples: [{ payload: frame.example }] }),
});

const operationOf = (action: 'receive' | 'send', wire: Wire, frames: readonly Placed[]): Json => {
  const { name } = wire.dialect;
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
