import { node } from './chat-node.js';

const depthMax = 6;

/** JSON Schemas of one document as nested lists. */
export const createSchemaView = (document) => {
  const resolved = (schema) => {
    const path = schema?.$ref?.split('/').slice(1);
    return path ? path.reduce((value, key) => value?.[key], document) : schema;
  };

  const variantsOf = (schema) => schema.anyOf ?? schema.oneOf;

  /** `within`: what is being looked at around it. A schema that holds itself is not followed twice. */
  const typeOf = (given, within = []) => {
    const schema = resolved(given);
    if (within.includes(schema)) return 'the same';
    const inside = [...within, schema];
    if (!schema || Object.keys(schema).length === 0) return 'anything';
    if ('const' in schema) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
    const variants = variantsOf(schema);
    if (variants) return [...new Set(variants.map((variant) => typeOf(variant, inside)))].join(' | ');
    if (schema.allOf) return 'all of';
    if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {}, inside)}`;
    return [schema.type ?? 'anything'].flat().join(' | ');
  };

  const constraintsOf = (given) => {
    const schema = resolved(given) ?? {};
    const said = [];
    if (schema.format) said.push(schema.format);
    const range = (least, most, what) => {
      if (least !== undefined && most !== undefined) said.push(`${least} to ${most}${what}`);
      else if (least !== undefined) said.push(`at least ${least}${what}`);
      else if (most !== undefined) said.push(`at most ${most}${what}`);
    };
    range(schema.minLength, schema.maxLength, ' characters');
    range(schema.minItems, schema.maxItems, ' items');
    // A whole number is at most what JSON carries exactly; that goes without saying.
    const bound = (value) => (Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value);
    range(bound(schema.minimum), bound(schema.maximum), '');
    if (schema.default !== undefined) said.push(`otherwise ${JSON.stringify(schema.default)}`);
    return said.join(', ');
  };

  /** The objects that hide in a schema: itself, the items of a list, what it may be. */
  const objectsIn = (given, within = []) => {
    const schema = resolved(given) ?? {};
    if (within.includes(schema)) return [];
    const inside = [...within, schema];
    if (schema.properties) return [schema];
    if (schema.type === 'array') return objectsIn(schema.items, inside);
    if (typeof schema.additionalProperties === 'object') return objectsIn(schema.additionalProperties, inside);
    return [...(variantsOf(schema) ?? []), ...(schema.allOf ?? [])].flatMap((part) => objectsIn(part, inside));
  };

  const propertyItem = (name, schema, required, depth) => {
    const item = node('li');
    const line = node('div', 'property');
    line.append(node('code', 'name', name), node('span', 'type', typeOf(schema)));
    if (!required) line.append(node('span', 'hint', 'optional'));
    const constraints = constraintsOf(schema);
    if (constraints) line.append(node('span', 'hint', constraints));
    const description = schema.description ?? resolved(schema)?.description;
    if (description) line.append(node('span', 'hint', description));
    item.append(line, ...objectLists(schema, depth + 1));
    return item;
  };

  const objectLists = (schema, depth) => {
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

  /** Everything about a schema. */
  const view = (schema) => {
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
