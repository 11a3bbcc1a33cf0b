import { mountPathOf } from '../dialects/registry.js';
import type { Mount } from '../dialects/registry.js';
import type { RestDeps } from '../protocol/rest-deps.js';
import { infoOf, namedOf, operationIdOf } from './info.js';
import { idempotencyKey, operationOf } from './operation.js';
import { ownNames, ownPaths, ownTag } from './own-paths.js';
import { createSchemas } from './schemas.js';
import type { Json } from './schemas.js';

export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly tags: readonly Json[];
  readonly paths: Record<string, Record<string, Json>>;
  readonly components: { readonly schemas: Json; readonly parameters: Json; readonly securitySchemes: Json };
}

/** The REST side of every dialect as one document, made from the same routes as the routers. */
export const openApiOf = (mounts: readonly Mount[], depsOf: (mount: Mount) => RestDeps, version: string): OpenApi => {
  const schemas = createSchemas([...mounts.map(namedOf), ownNames(version)]);
  const paths = ownPaths(schemas);
  for (const mount of mounts) {
    for (const route of mount.dialect.routes(depsOf(mount))) {
      const native = templateOf(route.path);
      // Two dialects may share a native path; the second appears under its own mount.
      const path = paths[native]?.[route.method] ? mountPathOf(mount) + native : native;
      const operation = operationOf({ dialect: mount.dialect, path, route, schemas });
      (paths[path] ??= {})[route.method] = {
        ...operation,
        operationId: operationIdOf(mount, route.operationId),
      };
    }
  }
  return {
    openapi: '3.1.0',
    info: infoOf(
      'REST of every dialect. Each dialect is also mounted under `/wires/<name>`. Sockets are described in `/asyncapi.json`, the methods of the v1 socket in `/openrpc.json`.',
      version,
    ),
    servers: [{ url: '/', description: 'This gateway' }],
    tags: [
      ...mounts.map(({ dialect, title }) => ({ name: dialect.name, description: title })),
      { name: ownTag, description: 'The server itself, in every dialect' },
    ],
    paths,
    components: {
      schemas: schemas.components,
      parameters: { IdempotencyKey: idempotencyKey },
      securitySchemes: Object.assign({}, ...mounts.map(securitySchemeOf)) as Json,
    },
  };
};

/** The document of one dialect alone, with paths below its mount. */
export const openApiBelow = (mount: Mount, deps: RestDeps, version: string): OpenApi => {
  const { dialect, title } = mount;
  const schemas = createSchemas([{ documents: dialect.documents, prefix: '' }]);
  const paths: OpenApi['paths'] = {};
  for (const route of dialect.routes(deps)) {
    const path = templateOf(route.path);
    (paths[path] ??= {})[route.method] = operationOf({ dialect, path, route, schemas });
  }
  return {
    openapi: '3.1.0',
    info: { ...infoOf('REST of one dialect.', version), title },
    servers: [{ url: mountPathOf(mount), description: 'This gateway' }],
    tags: [{ name: dialect.name, description: title }],
    paths,
    components: {
      schemas: schemas.components,
      parameters: { IdempotencyKey: idempotencyKey },
      securitySchemes: securitySchemeOf(mount),
    },
  };
};

const securitySchemeOf = ({ dialect, title }: Mount): Json => {
  const { token } = dialect.documents;
  const description = `An access token of this dialect. ${title}`;
  return {
    [dialect.name]:
      token.in === 'bearer'
        ? { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description }
        : { type: 'apiKey', in: token.in, name: token.name, description },
  };
};

const templateOf = (path: string): string => path.replace(/[:*](\w+)/g, '{$1}');
