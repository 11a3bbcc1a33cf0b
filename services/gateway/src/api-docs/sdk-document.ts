import { z } from 'zod';
import type { Mount } from '../dialects/registry.js';
import { infoOf, namedOf } from './info.js';
import { createSchemas } from './schemas.js';
import type { Json } from './schemas.js';

/**
 * The types of the SDK as an OpenAPI document without paths: the named schemas of the dialect, and as `Methods` and `Notifications` what its
 * socket takes and sends, by name.
 */
export const sdkDocumentOf = (mount: Mount, version: string) => {
  const { documents } = mount.dialect;
  const schemas = createSchemas([namedOf(mount)]);
  for (const schema of Object.values(documents.schemas)) {
    if (schema instanceof z.ZodType) schemas.of(schema, 'output');
  }
  const { methods = {}, notifications = {} } = documents.rpc ?? {};
  const Methods = objectOf(methods, ({ params, result }) =>
    objectOf({ params: schemas.of(params, 'input'), result: schemas.of(result, 'output') }, (each) => each),
  );
  const Notifications = objectOf(notifications, ({ params }) => schemas.of(params, 'output'));
  return {
    openapi: '3.1.0',
    info: infoOf('The types of the SDK', version),
    paths: {},
    components: { schemas: { ...withoutExamples(schemas.components), Methods, Notifications } },
  };
};

const objectOf = <T>(table: Readonly<Record<string, T>>, of: (each: T) => Json): Json => ({
  type: 'object',
  required: Object.keys(table),
  properties: Object.fromEntries(Object.entries(table).map(([name, each]) => [name, of(each)])),
});

const withoutExamples = (schemas: Readonly<Record<string, Json>>): Record<string, Json> =>
  Object.fromEntries(Object.entries(schemas).map(([name, { examples: _examples, ...schema }]) => [name, schema]));
