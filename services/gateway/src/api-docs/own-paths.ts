import { z } from 'zod';
import type { Json, Named, Schemas } from './schemas.js';

export const ownTag = 'parley';

const own = (operationId: string, summary: string, content: Json): Record<string, Json> => ({
  get: {
    tags: [ownTag],
    operationId,
    summary,
    description: `${summary}. Requires no token.`,
    security: [],
    responses: { 200: { description: 'OK', content }, '4XX': { description: 'The request is not valid' } },
  },
});

const page = { 'text/html': { schema: { type: 'string' } } };

const schemas = {
  ServerInfo: z.object({ message: z.string(), version: z.string(), endpoints: z.record(z.string(), z.string()) }),
  Health: z.object({ status: z.literal('healthy') }),
  KeySet: z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) }),
};
const examplesOf = (version: string) => ({
  ServerInfo: { message: 'Parley', version, endpoints: { health: '/health', docs: '/docs' } },
  Health: { status: 'healthy' },
  KeySet: { keys: [{ kty: 'RSA', kid: '2026-01', use: 'sig', alg: 'RS256', n: 'sXch…', e: 'AQAB' }] },
});

/** The schemas of the gateway's own endpoints. */
export const ownNames = (version: string): Named => ({
  prefix: '',
  documents: { schemas, examples: examplesOf(version) },
});

/** The gateway's own endpoints, for every dialect. */
export const ownPaths = ({ of }: Schemas): Record<string, Record<string, Json>> => {
  const json = (schema: z.ZodType): Json => ({ 'application/json': { schema: of(schema, 'output') } });
  return {
    '/': own('getRoot', 'List the endpoints, as JSON, or as a page for browsers', {
      ...json(schemas.ServerInfo),
      ...page,
    }),
    '/health': own('getHealth', 'Check that this gateway answers', json(schemas.Health)),
    '/.well-known/jwks.json': own(
      'getKeys',
      'Get the public keys that verify access tokens (RFC 7517)',
      json(schemas.KeySet),
    ),
    '/docs/errors': own('getErrorsPage', 'Open the page that explains every error', page),
    '/test': own('getRoomsPage', 'Open the page that chats in rooms', page),
    '/static/chat.html': own('getConversationsPage', 'Open the page that chats in conversations', page),
  };
};
