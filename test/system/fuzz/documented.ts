// What each wire takes, as the gateway's own documents say it, so that no operation and no frame is forgotten.
import { done } from '../../clients/http.js';
import type { Known } from './clients.js';

export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly format?: string;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  /** Content type and schema of its body. */
  readonly type: string | undefined;
  readonly schema: Schema | undefined;
  readonly queryNames: readonly string[];
}

export interface ClientFrame {
  readonly name: string;
  readonly schema: Schema;
  readonly example: unknown;
}

export interface Wire {
  readonly name: string;
  readonly operations: Operation[];
  readonly frames: ClientFrame[];
}

interface DocumentedOperation {
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}

interface AsyncApi {
  readonly components: {
    readonly messages: Readonly<
      Record<string, { readonly payload: Schema; readonly examples?: readonly { readonly payload: unknown }[] }>
    >;
  };
}

/** The REST operations of each wire, and what its sockets take. */
export const documentedWires = async (url: string): Promise<Wire[]> => {
  const rest = inlined<OpenApi>(await done('GET', `${url}/openapi.json`));
  const sockets = inlined<AsyncApi>(await done('GET', `${url}/asyncapi.json`));
  const wires = new Map<string, Wire>();
  const wireOf = (name: string): Wire => {
    const found = wires.get(name) ?? { name, operations: [], frames: [] };
    wires.set(name, found);
    return found;
  };
  for (const [path, methods] of Object.entries(rest.paths)) {
    for (const [method, described] of Object.entries(methods)) {
      // What belongs to no wire takes nothing that could be malformed.
      for (const tag of described.tags.filter((each) => each !== 'parley'))
        wireOf(tag).operations.push(operationOf(method.toUpperCase(), path, described));
    }
  }
  for (const [name, message] of Object.entries(sockets.components.messages)) {
    const [wire = '', frame] = name.split('.receive.');
    if (frame !== undefined)
      wireOf(wire).frames.push({ name: frame, schema: message.payload, example: message.examples?.[0]?.payload });
  }
  return [...wires.values()];
};

/** A document with its schemas in the place of the references to them; a schema within itself becomes `{}`. */
const inlined = <D extends object>(document: D): D => {
  const at = (path: string): unknown =>
    path
      .split('/')
      .slice(1)
      .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), document);
  const inline = (value: unknown, within: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((each) => inline(each, within));
    if (!isObject(value)) return value;
    const { $ref } = value;
    if (typeof $ref === 'string' && $ref.startsWith('#/components/'))
      return within.includes($ref) ? {} : inline(at($ref), [...within, $ref]);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inline(each, within)]));
  };
  return inline(document, []) as D;
};

const operationOf = (
  method: string,
  path: string,
  { parameters = [], requestBody }: DocumentedOperation,
): Operation => {
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const queryNames = parameters.filter((each) => each.in === 'query').map(({ name }) => name);
  return { method, path, type, schema: content?.schema, queryNames };
};

/** A value that a schema would take; `known` has values by the name of their field. */
const sampleOf = (schema: Schema | undefined, known: Known, name?: string): unknown => {
  if (name !== undefined && Object.hasOwn(known, name)) return known[name];
  if (!schema) return {};
  if (schema.const !== undefined) return schema.const;
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (first !== undefined) return sampleOf(first, known, name);
  if (schema.enum) return schema.enum[0];
  return sampleOfType(schema, known);
};

const sampleOfType = ({ type, properties = {}, format }: Schema, known: Known): unknown => {
  if (type === 'object')
    return Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, sampleOf(each, known, key)]));
  if (type === 'array') return [];
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return true;
  if (format === 'uuid') return '00000000-0000-4000-8000-00000000dead';
  if (format === 'email') return 'somebody@example.com';
  return 'something';
};

/** A sample as an object; `{}` for a schema of something else. */
export const sampleObjectOf = (schema: Schema | undefined, known: Known): Record<string, unknown> => {
  const sample = sampleOf(schema, known);
  return isObject(sample) ? sample : {};
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
