import { node } from './chat-node.js';
import { createSchemaView, type Schema, type SchemaView } from './redoc-schema.js';

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;
type Responses = Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly schema: Schema;
    readonly required: boolean;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Responses;
}

/** What is shown of the OpenAPI document. */
export interface OpenApi {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Frame {
  readonly name: string;
  readonly summary: string;
  readonly contentType: string;
  readonly payload: Schema;
  readonly examples?: readonly { readonly payload: unknown }[];
}

/** What is shown of the AsyncAPI document. */
export interface AsyncApi {
  readonly channels: Readonly<
    Record<
      string,
      {
        readonly address: string;
        readonly description: string;
        readonly bindings: {
          readonly ws: { readonly query: { readonly properties: Readonly<Record<string, Schema>> } };
        };
      }
    >
  >;
  readonly operations: Readonly<Record<string, { readonly messages: readonly { readonly $ref: string }[] }>>;
  readonly components: { readonly messages: Readonly<Record<string, Frame>> };
}

export interface Entry {
  readonly id: string;
  readonly badge: string;
  readonly label: string;
  readonly element: HTMLElement;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

const titled = (title: string, ...children: HTMLElement[]): HTMLElement => {
  const part = node('div', 'part');
  part.append(node('h4', '', title), ...children);
  return part;
};

const article = (id: string, badge: string, address: string, summary: string): HTMLElement => {
  const made = node('article', 'entry');
  made.id = id;
  const heading = node('h3');
  const link = node('a', 'address', address);
  link.href = `#${id}`;
  heading.append(node('span', `badge ${badge}`, badge), link);
  made.append(heading, node('p', 'summary', summary));
  return made;
};

const bodyOf = (content: Content | undefined, schemas: SchemaView): HTMLElement[] =>
  Object.entries(content ?? {}).flatMap(([type, { schema }]) => [
    node('p', 'hint media', type),
    ...(schema ? [schemas.view(schema)] : []),
  ]);

const answersOf = (responses: Responses, schemas: SchemaView): HTMLElement => {
  const holder = titled('Responses');
  for (const [status, { description, content }] of Object.entries(responses)) {
    const answer = node('details', `answer s${status[0]}`);
    const line = node('summary');
    line.append(node('code', 'status', status), node('span', '', description));
    const body = bodyOf(content, schemas);
    answer.append(line, ...(body.length > 0 ? body : [node('p', 'hint', 'Nothing more to say about its body.')]));
    holder.append(answer);
  }
  return holder;
};

const securityText = ({ security = [] }: Operation): string => {
  if (security.length === 0) return 'Requires no token';
  return security.length > 1 ? 'Accepts an access token' : 'Requires an access token';
};

const operationEntry = (method: string, path: string, operation: Operation, schemas: SchemaView): Entry => {
  const made = article(operation.operationId, method, path, operation.summary);
  made.append(node('p', 'hint', securityText(operation)));
  for (const where of ['path', 'query']) {
    const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === where);
    if (parameters.length === 0) continue;
    const list = node('ul', 'properties');
    for (const { name, schema, required } of parameters) list.append(schemas.propertyItem(name, schema, required, 0));
    made.append(titled(where === 'path' ? 'Path parameters' : 'Query parameters', list));
  }
  if (operation.requestBody) made.append(titled('Body', ...bodyOf(operation.requestBody.content, schemas)));
  made.append(answersOf(operation.responses, schemas));
  return { id: operation.operationId, badge: method, label: path, element: made };
};

/** The REST operations of a dialect. */
export const operationEntries = (openApi: OpenApi, tag: string): Entry[] => {
  const schemas = createSchemaView(openApi);
  return Object.entries(openApi.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation?.tags.includes(tag) ? [operationEntry(method, path, operation, schemas)] : [];
    }),
  );
};

const frameView = ({ name, summary, payload, contentType, examples }: Frame, schemas: SchemaView): HTMLElement => {
  const frame = node('details', 'answer');
  const line = node('summary');
  line.append(node('code', 'status', name), node('span', '', summary));
  frame.append(line);
  if (contentType !== 'application/json') frame.append(node('p', 'hint media', contentType));
  frame.append(schemas.view(payload));
  for (const { payload: example } of examples ?? []) {
    const shown = typeof example === 'string' ? example : JSON.stringify(example, null, 2);
    frame.append(node('pre', '', shown));
  }
  return frame;
};

/** The socket of a dialect, if it has one. */
export const socketEntries = (asyncApi: AsyncApi, tag: string): Entry[] => {
  const channel = asyncApi.channels[tag];
  if (!channel) return [];
  const schemas = createSchemaView(asyncApi);
  const id = `${tag}_socket`;
  const made = article(id, 'socket', channel.address, channel.description.replaceAll('`', ''));
  const { properties } = channel.bindings.ws.query;
  const list = node('ul', 'properties');
  for (const [name, schema] of Object.entries(properties)) list.append(schemas.propertyItem(name, schema, false, 0));
  made.append(titled('Query parameters', list));
  for (const [action, title] of [
    ['receive', 'What clients send'],
    ['send', 'What clients receive'],
  ] as const) {
    const references = asyncApi.operations[`${tag}.${action}`]?.messages ?? [];
    const frames = references.flatMap(({ $ref }) => {
      const frame = asyncApi.components.messages[`${tag}.${$ref.split('/').at(-1)}`];
      return frame ? [frame] : [];
    });
    made.append(titled(title, ...frames.map((frame) => frameView(frame, schemas))));
  }
  return [{ id, badge: 'socket', label: channel.address, element: made }];
};
