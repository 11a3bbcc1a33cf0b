import { node } from './chat-node.js';

const depthMax = 6;

/** What is shown of a JSON Schema. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

type WithProperties = Schema & Required<Pick<Schema, 'properties'>>;

export interface SchemaView {
  /** Everything about a schema. */
  view(schema: Schema): HTMLElement;
  propertyItem(name: string, schema: Schema, required: boolean, depth: number): HTMLLIElement;
}

const hasProperties = (schema: Schema): schema is WithProperties => schema.properties !== undefined;
const variantsOf = (schema: Schema): readonly Schema[] => schema.anyOf ?? schema.oneOf ?? [];

const valueAt = (document: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([name]) => name === key)?.[1]
        : undefined,
    document,
  );

const rangeText = (least: number | undefined, most: number | undefined, what: string): string => {
  if (least !== undefined && most !== undefined) return `${least} to ${most}${what}`;
  if (least !== undefined) return `at least ${least}${what}`;
  return most === undefined ? '' : `at most ${most}${what}`;
};

// A whole number is at most what JSON carries exactly; that goes without saying.
const bound = (value: number | undefined): number | undefined =>
  value !== undefined && Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value;

/** JSON Schemas of one document as nested lists. */
export const createSchemaView = (document: object): SchemaView => {
  const resolved = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : (valueAt(document, schema.$ref.split('/').slice(1)) ?? {});

  /** `within`: what is being looked at around it. A schema that holds itself is not followed twice. */
  const typeOf = (given: Schema, within: readonly Schema[] = []): string => {
    const schema = resolved(given);
    if (within.includes(schema)) return 'the same';
    const inside = [...within, schema];
    if (Object.keys(schema).length === 0) return 'anything';
    if ('const' in schema) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
    const variants = variantsOf(schema);
    if (variants.length > 0) return [...new Set(variants.map((variant) => typeOf(variant, inside)))].join(' | ');
    if (schema.allOf) return 'all of';
    if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {}, inside)}`;
    return [schema.type ?? 'anything'].flat().join(' | ');
  };

  const constraintsOf = (given: Schema): string => {
    const schema = resolved(given);
    return [
      schema.format ?? '',
      rangeText(schema.minLength, schema.maxLength, ' characters'),
      rangeText(schema.minItems, schema.maxItems, ' items'),
      rangeText(bound(schema.minimum), bound(schema.maximum), ''),
      schema.default === undefined ? '' : `otherwise ${JSON.stringify(schema.default)}`,
    ]
      .filter(Boolean)
      .join(', ');
  };

  /** The objects that hide in a schema: itself, the items of a list, what it may be. */
  const objectsIn = (given: Schema, within: readonly Schema[] = []): WithProperties[] => {
    const schema = resolved(given);
    if (within.includes(schema)) return [];
    const inside = [...within, schema];
    if (hasProperties(schema)) return [schema];
    if (schema.type === 'array') return schema.items ? objectsIn(schema.items, inside) : [];
    if (typeof schema.additionalProperties === 'object') return objectsIn(schema.additionalProperties, inside);
    return [...variantsOf(schema), ...(schema.allOf ?? [])].flatMap((part) => objectsIn(part, inside));
  };

  const propertyItem = (name: string, schema: Schema, required: boolean, depth: number): HTMLLIElement => {
    const item = node('li');
    const line = node('div', 'property');
    line.append(node('code', 'name', name), node('span', 'type', typeOf(schema)));
    if (!required) line.append(node('span', 'hint', 'optional'));
    const constraints = constraintsOf(schema);
    if (constraints) line.append(node('span', 'hint', constraints));
    const description = schema.description ?? resolved(schema).description;
    if (description) line.append(node('span', 'hint', description));
    item.append(line, ...objectLists(schema, depth + 1));
    return item;
  };

  const objectLists = (schema: Schema, depth: number): HTMLElement[] => {
    if (depth > depthMax) return [];
    return objectsIn(schema).map((object) => {
      const list = node('ul', 'properties');
      const required = new Set(object.required ?? []);
      for (const [name, property] of Object.entries(object.properties)) {
        list.append(propertyItem(name, property, required.has(name), depth));
      }
      return list;
    });
  };

  const view = (schema: Schema): HTMLElement => {
    const holder = node('div', 'schema');
    const lists = objectLists(schema, 0);
    const type = typeOf(schema);
    if (type !== 'object' || lists.length === 0) {
      holder.append(node('p', 'type', [type, constraintsOf(schema)].filter(Boolean).join(', ')));
    }
    lists.forEach((list, index) => {
      if (index > 0) holder.append(node('p', 'hint', 'or'));
      holder.append(list);
    });
    return holder;
  };

  return { view, propertyItem };
};
