import { ask } from '../clients/http.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly anyOf?: readonly Schema[];
  readonly minLength?: number;
}

/** One REST operation, as the document that the gateway serves describes it. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly needsToken: boolean;
  readonly pathNames: readonly string[];
  readonly queryNames: readonly string[];
  readonly body: Schema | null;
}

interface Described {
  readonly tags: readonly string[];
  readonly security: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** Every operation of a wire, so that a test over all of them cannot forget one. */
export const operationsOf = async (url: string, wire: string): Promise<Operation[]> => {
  const { body } = await ask('GET', `${url}/openapi.json`);
  const { paths, components } = body as {
    paths: Record<string, Record<string, Described>>;
    components: { schemas: Record<string, Schema> };
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { tags }]) => tags.includes(wire))
      .map(([method, described]) => operationOf(method.toUpperCase(), path, described, components.schemas)),
  );
};

/** A schema with the named ones in the place of the references to them. */
const resolved = (schema: Schema, named: Readonly<Record<string, Schema>>): Schema => {
  const found = named[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;
  const properties = Object.entries(found.properties ?? {}).map(([name, each]) => [name, resolved(each, named)]);
  const anyOf = found.anyOf?.map((each) => resolved(each, named));
  return {
    ...found,
    ...(found.properties && { properties: Object.fromEntries(properties) as Record<string, Schema> }),
    ...(anyOf && { anyOf }),
  };
};

const operationOf = (
  method: string,
  path: string,
  described: Described,
  named: Readonly<Record<string, Schema>>,
): Operation => {
  const [content] = Object.values(described.requestBody?.content ?? {});
  const namesIn = (where: string) => described.parameters.flatMap((each) => (each.in === where ? [each.name] : []));
  return {
    name: `${method} ${path}`,
    method,
    path,
    needsToken: described.security.length > 0,
    pathNames: namesIn('path'),
    queryNames: namesIn('query'),
    body: content ? resolved(content.schema, named) : null,
  };
};

/** A body that the operation would take, but for what `change` says; `word` is in every text that may hold it. */
export const bodyOf = ({ body }: Operation, word: string, ids: Readonly<Record<string, unknown>> = {}): object =>
  Object.fromEntries(
    Object.entries(body?.properties ?? {})
      .filter(([name]) => body?.required?.includes(name))
      .map(([name, schema]) => [name, ids[name] ?? sampleOf(schema, word)]),
  );

export const requiredOf = ({ body }: Operation): readonly string[] => body?.required ?? [];

const sampleOf = (schema: Schema, word: string): unknown => {
  const [first] = schema.anyOf ?? [];
  if (first) return sampleOf(first, word);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.format === 'uuid') return '00000000-0000-4000-8000-00000000dead';
  if (schema.type === 'object') {
    const required = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
    return Object.fromEntries(required.map(([name, each]) => [name, sampleOf(each, word)]));
  }
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  return word;
};
