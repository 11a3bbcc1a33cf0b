import { node } from './chat-node.js';
import { createSchemaView } from './redoc-schema.js';

const methods = ['get', 'post', 'put', 'patch', 'delete'];

const titled = (title, ...children) => {
  const part = node('div', 'part');
  part.append(node('h4', '', title), ...children);
  return part;
};

const article = (id, badge, address, summary) => {
  const made = node('article', 'entry');
  made.id = id;
  const heading = node('h3');
  const link = node('a', 'address', address);
  link.href = `#${id}`;
  heading.append(node('span', `badge ${badge}`, badge), link);
  made.append(heading, node('p', 'summary', summary));
  return made;
};

const bodyOf = (content, schemas) =>
  Object.entries(content ?? {}).flatMap(([type, { schema }]) => [
    node('p', 'hint media', type),
    ...(schema ? [schemas.view(schema)] : []),
  ]);

const answersOf = (responses, schemas) => {
  const holder = titled('Answers');
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

const operationEntry = (method, path, operation, schemas) => {
  const made = article(operation.operationId, method, path, operation.summary);
  if (operation.security?.length > 0) made.append(node('p', 'hint', 'Needs Authorization: Bearer <access token>'));
  for (const where of ['path', 'query']) {
    const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === where);
    if (parameters.length === 0) continue;
    const list = node('ul', 'properties');
    for (const { name, schema, required } of parameters) list.append(schemas.propertyItem(name, schema, required, 0));
    made.append(titled(where === 'path' ? 'In the path' : 'In the query', list));
  }
  if (operation.requestBody) made.append(titled('Body', ...bodyOf(operation.requestBody.content, schemas)));
  made.append(answersOf(operation.responses, schemas));
  return { id: operation.operationId, badge: method, label: path, element: made };
};

/** The REST operations of a wire. */
export const operationEntries = (openApi, tag) => {
  const schemas = createSchemaView(openApi);
  return Object.entries(openApi.paths).flatMap(([path, item]) =>
    methods
      .filter((method) => item[method]?.tags.includes(tag))
      .map((method) => operationEntry(method, path, item[method], schemas)),
  );
};

const frameView = ({ name, summary, payload, contentType, examples }, schemas) => {
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

/** The socket of a wire, where it has one. */
export const socketEntries = (asyncApi, tag) => {
  const channel = asyncApi.channels[tag];
  if (!channel) return [];
  const schemas = createSchemaView(asyncApi);
  const id = `${tag}_socket`;
  const made = article(id, 'socket', channel.address, channel.description.replaceAll('`', ''));
  const { properties } = channel.bindings.ws.query;
  const list = node('ul', 'properties');
  for (const [name, schema] of Object.entries(properties)) list.append(schemas.propertyItem(name, schema, false, 0));
  made.append(titled('In the query', list));
  for (const [action, title] of [
    ['receive', 'What clients say'],
    ['send', 'What clients hear'],
  ]) {
    const frames = asyncApi.operations[`${tag}.${action}`].messages.map(({ $ref }) => $ref.split('/').at(-1));
    const views = frames.map((key) => frameView(asyncApi.components.messages[`${tag}.${key}`], schemas));
    made.append(titled(title, ...views));
  }
  return [{ id, badge: 'socket', label: channel.address, element: made }];
};
