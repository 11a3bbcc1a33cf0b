import { z } from 'zod';
import type { DialectDocuments } from '../protocol/documents.js';
import { documentationOf } from '../protocol/documents.js';

export type Json = Record<string, unknown>;

/** A dialect whose schemas get names in one document; `prefix` keeps the names of several dialects apart. */
export interface Named {
  readonly documents: DialectDocuments;
  readonly prefix: string;
}

/** JSON Schemas for one document: named schemas move to its components, once each, and are referenced from there. */
export interface Schemas {
  readonly components: Record<string, Json>;
  /** `input`: as clients send it; `output`: as the server sends it. */
  of(schema: z.ZodType, io: 'input' | 'output'): Json;
}

export const createSchemas = (dialects: readonly Named[]): Schemas => {
  const names = z.registry<{ readonly id: string }>();
  const examples = new Map<string, unknown>();
  for (const { documents, prefix } of dialects) {
    for (const [name, schema] of Object.entries(documents.schemas)) {
      if (!(schema instanceof z.ZodType) || names.has(schema)) continue;
      names.add(schema, { id: prefix + name });
      examples.set(prefix + name, documents.examples[name]);
    }
    const { fault } = documents;
    if (!names.has(fault.schema)) names.add(fault.schema, { id: fault.name });
    examples.set(fault.name, fault.example);
  }
  const components: Record<string, Json> = {};

  /** Files a definition under its name, or under another one if the server sends it in another form than it takes it. */
  const file = (name: string, definition: Json, io: 'input' | 'output'): string => {
    const { id: _id, ...json } = definition;
    const example = examples.get(name);
    const filed = { ...json, ...(example !== undefined && { examples: [example] }) };
    const known = components[name];
    if (known && JSON.stringify(known) !== JSON.stringify(filed) && io === 'input')
      return file(`${name}Input`, definition, 'output');
    components[name] = known ?? filed;
    return name;
  };

  return {
    components,
    of(schema, io) {
      const {
        $schema: _dialect,
        $defs,
        ...rest
      } = z.toJSONSchema(schema, {
        io,
        unrepresentable: 'any',
        metadata: names,
        override: ({ zodSchema, jsonSchema }) => adjust(zodSchema, jsonSchema, io),
      }) as Json;
      const filed = new Map(
        Object.entries(($defs ?? {}) as Record<string, Json>).map(([name, json]) => [name, file(name, json, io)]),
      );
      const linked = (value: unknown): Json =>
        JSON.parse(
          JSON.stringify(value).replace(
            /"#\/\$defs\/([^"]+)"/g,
            (_match, name: string) => `"#/components/schemas/${filed.get(name) ?? name}"`,
          ),
        ) as Json;
      for (const name of filed.values()) components[name] = linked(components[name]);
      const id = names.get(schema)?.id;
      return id === undefined ? linked(rest) : { $ref: `#/components/schemas/${file(id, linked(rest), io)}` };
    },
  };
};

const safe = Number.MAX_SAFE_INTEGER;

const adjust = (zodSchema: z.core.$ZodType, json: z.core.JSONSchema.BaseSchema, io: 'input' | 'output'): void => {
  const documented = documentationOf(zodSchema);
  if (documented) {
    for (const key of Object.keys(json)) Reflect.deleteProperty(json, key);
    Object.assign(json, documented);
    return;
  }
  // A later version may send more fields: a client must accept them.
  if (io === 'output' && json.additionalProperties === false) delete json.additionalProperties;
  // The range of every integer of JSON, which says nothing about this one.
  if (json.minimum === -safe) delete json.minimum;
  if (json.maximum === safe) delete json.maximum;
};
