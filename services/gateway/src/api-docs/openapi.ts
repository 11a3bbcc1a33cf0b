import { z } from 'zod';
import type { RestDeps } from '../protocol/rest-deps.js';
import { mountPathOf } from '../dialects/registry.js';
import type { Mount } from '../dialects/registry.js';
import type { Route } from '../protocol/routes.js';

type Json = Record<string, unknown>;

export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: Json;
  readonly servers?: readonly Json[];
  readonly tags: readonly Json[];
  readonly paths: Record<string, Record<string, Json>>;
  readonly components: { readonly schemas: Json; readonly securitySchemes: Json };
}

/** The REST side of every dialect as one document, made from the same routes as the routers. */
export const openApiOf = (mounts: readonly Mount[], depsOf: (mount: Mount) => RestDeps): OpenApi => {
  const schemas = createSchemas();
  const paths: OpenApi['paths'] = ownPaths();
  for (const mount of mounts) {
    for (const route of mount.dialect.routes(depsOf(mount))) {
      const native = templateOf(route.path);
      // Two dialects may share a native path; the second appears under its own mount.
      const path = paths[native]?.[route.method] ? mountPathOf(mount) + native : native;
      (paths[path] ??= {})[route.method] = operationOf(mount.dialect.name, path, route, schemas);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: '1.0.0',
      description: 'Every wire is also mounted under `/wires/<name>`. Sockets are described in `/asyncapi.json`.',
    },
    tags: [
      ...mounts.map(({ dialect, title }) => ({ name: dialect.name, description: title })),
      { name: ownTag, description: 'Parley itself: what belongs to no wire' },
    ],
    paths,
    components: {
      schemas: schemas.shared,
      securitySchemes,
    },
  };
};

/** The document of one dialect alone, with paths below its mount. */
export const openApiBelow = (mount: Mount, deps: RestDeps): OpenApi => {
  const schemas = createSchemas();
  const paths: OpenApi['paths'] = {};
  const name = mount.dialect.name;
  for (const route of mount.dialect.routes(deps)) {
    const path = templateOf(route.path);
    (paths[path] ??= {})[route.method] = operationOf(name, path, route, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: mount.title, version: '1.0.0' },
    servers: [{ url: mountPathOf(mount) }],
    tags: [{ name, description: mount.title }],
    paths,
    components: { schemas: schemas.shared, securitySchemes },
  };
};

const securitySchemes = { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } };

const ownTag = 'parley';

const own = (name: string, summary: string, content: Json): Record<string, Json> => ({
  get: {
    tags: [ownTag],
    operationId: `${ownTag}_get_${name}`,
    summary,
    security: [],
    parameters: [],
    responses: { 200: { description: 'OK', content } },
  },
});
const page = { 'text/html': { schema: { type: 'string' } } };
const json = (shape: z.ZodType): Json => ({ 'application/json': { schema: createSchemas().of(shape, 'output') } });

/** The gateway's own endpoints, for every dialect. */
const ownPaths = (): OpenApi['paths'] => ({
  '/': own('root', 'What is spoken here: JSON, or a page for browsers', {
    ...json(z.object({ message: z.string(), version: z.string(), endpoints: z.record(z.string(), z.string()) })),
    ...page,
  }),
  '/health': own('health', 'Whether this gateway answers', json(z.object({ status: z.literal('healthy') }))),
  '/.well-known/jwks.json': own(
    'jwks',
    'The public keys that tokens are checked with (RFC 7517)',
    json(z.object({ keys: z.array(z.record(z.string(), z.unknown())) })),
  ),
  '/test': own('test', 'A page to chat in rooms', page),
  '/static/chat.html': own('chat_page', 'A page to chat in conversations', page),
});

const templateOf = (path: string): string => path.replace(/[:*](\w+)/g, '{$1}');

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key again gives back the first response for 24 hours and does nothing twice.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const operationOf = (tag: string, path: string, route: Route, schemas: Schemas): Json => ({
  tags: [tag],
  operationId: `${tag}_${route.method}_${path.replace(/\W+/g, '_').replace(/^_|_$/g, '')}`,
  summary: route.summary,
  security: route.access === 'account' ? [{ bearer: [] }] : [],
  parameters: [
    ...parametersOf('path', route.params, schemas, path),
    ...parametersOf('query', route.query, schemas, path),
    ...(route.method === 'get' ? [] : [idempotencyKey]),
  ],
  ...(route.body && {
    requestBody: {
      required: true,
      content: {
        [route.bodyType === 'form' ? 'application/x-www-form-urlencoded' : 'application/json']: {
          schema: schemas.of(route.body, 'input'),
        },
      },
    },
  }),
  responses: responsesOf(route, schemas),
});

const parametersOf = (
  where: 'path' | 'query',
  schema: z.ZodType | undefined,
  schemas: Schemas,
  path: string,
): Json[] => {
  const object = schema ? schemas.of(schema, 'input') : {};
  const properties = (object.properties ?? {}) as Record<string, Json>;
  const required = new Set((object.required ?? []) as string[]);
  const declared = Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.has(name),
    schema: property,
  }));
  if (where === 'query') return declared;
  // OpenAPI requires a description of every name in the template.
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const missing = named.filter((name) => !declared.some((one) => one.name === name));
  return [...declared, ...missing.map((name) => ({ name, in: where, required: true, schema: { type: 'string' } }))];
};

const responsesOf = (route: Route, schemas: Schemas): Json => {
  const documented = Object.entries(route.responses).map(([status, { description, schema }]) => {
    const isError = Number(status) >= 400;
    const type = isError && schema && isProblem(schema) ? 'application/problem+json' : 'application/json';
    return [status, { description, ...(schema && { content: { [type]: { schema: schemas.of(schema, 'output') } } }) }];
  });
  return {
    ...(Object.fromEntries(documented) as Json),
    ...(!(503 in route.responses) && {
      503: {
        description: 'Not available right now; try again after `Retry-After` seconds',
        headers: { 'Retry-After': { schema: { type: 'integer', minimum: 1 } } },
      },
    }),
    default: { description: 'Any other fault, in the words of this wire' },
  };
};

/** RFC 9457, whose responses have their own media type. */
const isProblem = (schema: z.ZodType): boolean =>
  schema instanceof z.ZodObject && 'type' in schema.shape && 'title' in schema.shape && 'status' in schema.shape;

export interface Schemas {
  readonly shared: Json;
  of(schema: z.ZodType, io: 'input' | 'output'): Json;
}

/** JSON Schemas to embed anywhere in one document: recursive schemas move to `components`. */
export const createSchemas = (): Schemas => {
  const shared: Json = {};
  let made = 0;
  return {
    shared,
    of(schema, io) {
      const { $schema: _dialect, $defs, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
      if (!$defs) return rest;
      const prefix = `shared${++made}`;
      const moved = (value: Json): Json =>
        JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', `"#/components/schemas/${prefix}`)) as Json;
      for (const [name, definition] of Object.entries(moved($defs as Json))) shared[prefix + name] = definition;
      return moved(rest);
    },
  };
};
