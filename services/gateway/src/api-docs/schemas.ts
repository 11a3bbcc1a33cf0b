import { z } from 'zod';
import type { DialectDocuments } from '../protocol/documents.js';
import { documentationOf } from '../protocol/documents.js';

export type Json = Record<string, unknown>;

/** A dialect whose schemas get names in one document; `prefix` keeps the names of several dialects apart. */
export interface Named {
  readonly documents: Pick<DialectDocuments, 'schemas' | 'examples'> & Partial<Pick<DialectDocuments, 'fault'>>;
  readonly prefix: string;
}

/** JSON Schemas for one document: named schemas move to its components, once each, and are referenced from there. */
export interface Schemas {
  readonly components: Record<string, Json>;
  /** `input`: as clients send it; `output`: as the server sends it. A named schema becomes a reference. */
  of(schema: z.ZodType, io: Io): Json;
  /** The fields of an object, whether it has a name or not. */
  fieldsOf(schema: z.ZodType, io: Io): Field[];
}

export interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Json;
}

type Io = 'input' | 'output';
type Definitions = Readonly<Record<string, Json>>;

export const createSchemas = (dialects: readonly Named[]): Schemas => {
  const { names, examples } = namesOf(dialects);
  const components: Record<string, Json> = {};

  const file = (definitions: Definitions, io: Io): ((value: Json) => Json) => {
    const renamed = renamedOf(definitions, components, io);
    const link = linkOf(renamed);
    for (const [name, json] of Object.entries(definitions)) components[renamed.get(name) ?? name] = link(json);
    return link;
  };

  const convert = (schema: z.ZodType, io: Io) => {
    const {
      $schema: _dialect,
      $defs,
      ...root
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      metadata: names,
      override: ({ zodSchema, jsonSchema }) => adjust(zodSchema, jsonSchema, io),
    }) as Json;
    const definitions = Object.entries(($defs ?? {}) as Definitions).map(([name, { id: _id, ...json }]) => {
      const example = examples.get(name);
      return [name, { ...json, ...(example !== undefined && { examples: [example] }) }] as const;
    });
    return { root, definitions: reachableFrom(root, Object.fromEntries(definitions)) };
  };

  return {
    components,
    of(schema, io) {
      const { root, definitions } = convert(schema, io);
      return file(definitions, io)(root);
    },
    fieldsOf(schema, io) {
      const { root, definitions } = convert(schema, io);
      const own = typeof root.$ref === 'string' ? root.$ref.slice(definitionsAt.length) : '';
      const { [own]: named = root, ...others } = definitions;
      const { properties = {}, required = [] } = file(others, io)(named) as {
        properties?: Definitions;
        required?: string[];
      };
      return Object.entries(properties).map(([name, field]) => ({
        name,
        required: required.includes(name),
        schema: field,
      }));
    },
  };
};

const namesOf = (dialects: readonly Named[]) => {
  const names = z.registry<{ readonly id: string }>();
  const examples = new Map<string, unknown>();
  const add = (schema: z.ZodType, id: string, example: unknown): void => {
    if (names.has(schema)) return;
    names.add(schema, { id });
    examples.set(id, example);
  };
  for (const { documents, prefix } of dialects) {
    for (const [name, schema] of Object.entries(documents.schemas)) {
      if (schema instanceof z.ZodType) add(schema, prefix + name, documents.examples[name]);
    }
    const { fault } = documents;
    if (fault) add(fault.schema, fault.name, fault.example);
  }
  return { names, examples };
};

const definitionsAt = '#/$defs/';

const referencesIn = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/"#\/\$defs\/([^"]+)"/g)].map(([, name = '']) => name);

/** Without the definitions that only a replaced schema refers to. */
const reachableFrom = (root: Json, definitions: Definitions): Definitions => {
  const reached = new Map<string, Json>();
  const open = referencesIn(root);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const definition = definitions[name];
    if (!definition || reached.has(name)) continue;
    reached.set(name, definition);
    open.push(...referencesIn(definition));
  }
  return Object.fromEntries(reached);
};

const linkOf =
  (renamed: ReadonlyMap<string, string>) =>
  (value: Json): Json =>
    JSON.parse(
      JSON.stringify(value).replace(
        /"#\/\$defs\/([^"]+)"/g,
        (_match, name: string) => `"#/components/schemas/${renamed.get(name) ?? name}"`,
      ),
    ) as Json;

/**
 * The definitions that need another name, because the server sends them in another form than it takes them. Whatever refers to one of them
 * has another form too.
 */
const renamedOf = (definitions: Definitions, components: Definitions, io: Io): ReadonlyMap<string, string> => {
  const renamed = new Map<string, string>();
  for (let before = -1; before < renamed.size;) {
    before = renamed.size;
    const link = linkOf(renamed);
    for (const [name, json] of Object.entries(definitions)) {
      const known = components[name];
      if (known && JSON.stringify(known) !== JSON.stringify(link(json)))
        renamed.set(name, io === 'input' ? `${name}Input` : `${name}Output`);
    }
  }
  return renamed;
};

const safe = Number.MAX_SAFE_INTEGER;

const adjust = (zodSchema: z.core.$ZodType, json: z.core.JSONSchema.BaseSchema, io: Io): void => {
  const documented = documentationOf(zodSchema);
  if (documented) {
    for (const key of Object.keys(json)) Reflect.deleteProperty(json, key);
    Object.assign(json, documented);
    return;
  }
  // A later version may send more fields: a client must accept them.
  if (io === 'output' && json.additionalProperties === false) delete json.additionalProperties;
  // The range of every integer of JSON, which says nothing about this one. A range that was documented on purpose stays.
  const isInteger = zodSchema._zod.def.type === 'number';
  if (isInteger && json.minimum === -safe) delete json.minimum;
  if (isInteger && json.maximum === safe) delete json.maximum;
  // The format says the same in fewer characters.
  if (json.format !== undefined) delete json.pattern;
};
