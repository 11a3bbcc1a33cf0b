// What each wire takes, as the gateway's own documents say it, so that no operation and no frame is forgotten.

const json = async (url) => (await fetch(url)).json();

/** By wire: its REST operations and what its sockets take. */
export const documentedWires = async (url) => {
  const [rest, sockets] = [await json(`${url}/openapi.json`), await json(`${url}/asyncapi.json`)];
  const wires = new Map();
  const of = (name) => wires.get(name) ?? wires.set(name, { name, operations: [], frames: [] }).get(name);
  for (const [path, methods] of Object.entries(rest.paths)) {
    for (const [method, described] of Object.entries(methods)) {
      // What belongs to no wire takes nothing that could be malformed.
      for (const tag of described.tags.filter((each) => each !== 'parley'))
        of(tag).operations.push(operationOf(method.toUpperCase(), path, described));
    }
  }
  for (const [name, message] of Object.entries(sockets.components.messages)) {
    const [wire, said] = name.split('.said_');
    if (said !== undefined)
      of(wire).frames.push({ name: said, schema: message.payload, example: message.examples?.[0]?.payload });
  }
  return wires;
};

const operationOf = (method, path, { parameters = [], requestBody }) => {
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const queryNames = parameters.filter((each) => each.in === 'query').map(({ name }) => name);
  return { method, path, type, schema: content?.schema, queryNames };
};

/** A value that a schema would take; `known` names values by the name of their field. */
export const sampleOf = (schema, known, name) => {
  if (name !== undefined && Object.hasOwn(known, name)) return known[name];
  if (!schema) return {};
  if (schema.const !== undefined) return schema.const;
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? schema.enum ?? [];
  if (first !== undefined) return schema.enum ? first : sampleOf(first, known, name);
  if (schema.type === 'object') {
    const fields = Object.entries(schema.properties ?? {}).map(([key, each]) => [key, sampleOf(each, known, key)]);
    return Object.fromEntries(fields);
  }
  if (schema.type === 'array') return [];
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  if (schema.type === 'boolean') return true;
  if (schema.format === 'uuid') return '00000000-0000-4000-8000-00000000dead';
  if (schema.format === 'email') return 'somebody@example.com';
  return 'something';
};
