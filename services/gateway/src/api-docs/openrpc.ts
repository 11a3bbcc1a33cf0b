import type { Mount } from '../dialects/registry.js';
import type { RpcDescription } from '../protocol/documents.js';
import type { Method, Notification } from '../protocol/methods.js';
import { infoOf, namedOf } from './info.js';
import { createSchemas } from './schemas.js';
import type { Json, Schemas } from './schemas.js';

export interface OpenRpc {
  readonly openrpc: '1.3.2';
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly methods: readonly Json[];
  /** An extension: OpenRPC describes requests of clients only. */
  readonly 'x-notifications': readonly Json[];
  readonly components: { readonly schemas: Json };
}

/** The methods of the socket of a dialect that has methods, as OpenRPC; null for a dialect without. */
export const openRpcOf = (mount: Mount, version: string): OpenRpc | null => {
  const { rpc, socket } = mount.dialect.documents;
  if (!rpc) return null;
  const schemas = createSchemas([namedOf(mount)]);
  const { license: _spdx, ...info } = infoOf(socket.description, version);
  return {
    openrpc: '1.3.2',
    info: { ...info, title: mount.title, license: { name: 'MIT' } },
    servers: [
      { name: 'gateway', url: `ws://\${host}${socket.address}`, variables: { host: { default: '127.0.0.1:8000' } } },
    ],
    methods: Object.entries(rpc.methods).map(([name, method]) => methodOf(name, method, rpc, schemas)),
    'x-notifications': Object.entries(rpc.notifications).map(([name, each]) => notificationOf(name, each, schemas)),
    components: { schemas: schemas.components },
  };
};

const methodOf = (name: string, method: Method, rpc: RpcDescription, schemas: Schemas): Json => ({
  name,
  summary: method.summary,
  ...(method.description && { description: method.description }),
  paramStructure: 'by-name',
  params: schemas.fieldsOf(method.params, 'input'),
  result: { name: 'result', schema: schemas.of(method.result, 'output') },
  errors: [...method.errors, ...rpc.commonErrors].map((reason) => rpc.errorOf(reason)),
  examples: [
    {
      name: method.summary,
      params: valuesOf(method.example.params),
      result: { name: 'result', value: method.example.result },
    },
  ],
});

const notificationOf = (name: string, { summary, params, example }: Notification, schemas: Schemas): Json => ({
  name,
  summary,
  params: schemas.fieldsOf(params, 'output'),
  examples: [{ name: summary, params: valuesOf(example) }],
});

const valuesOf = (params: unknown): Json[] => Object.entries(params as Json).map(([name, value]) => ({ name, value }));
