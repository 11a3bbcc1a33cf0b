import { z } from 'zod';
import type { OpenApi } from './openapi.js';
import type { Json } from './schemas.js';

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
const json = (shape: z.ZodType, example: unknown): Json => {
  const { $schema: _dialect, additionalProperties: _closed, ...schema } = z.toJSONSchema(shape) as Json;
  return { 'application/json': { schema, example } };
};

/** The gateway's own endpoints, for every dialect. */
export const ownPaths = (): OpenApi['paths'] => ({
  '/': own('getRoot', 'List the endpoints, as JSON, or as a page for browsers', {
    ...json(z.object({ message: z.string(), version: z.string(), endpoints: z.record(z.string(), z.string()) }), {
      message: 'Parley',
      version: '1.0.0',
      endpoints: { health: '/health', docs: '/docs' },
    }),
    ...page,
  }),
  '/health': own(
    'getHealth',
    'Check that this gateway answers',
    json(z.object({ status: z.literal('healthy') }), { status: 'healthy' }),
  ),
  '/.well-known/jwks.json': own(
    'getKeys',
    'Get the public keys that verify access tokens (RFC 7517)',
    json(z.object({ keys: z.array(z.record(z.string(), z.unknown())) }), {
      keys: [{ kty: 'RSA', kid: '2026-01', use: 'sig', alg: 'RS256', n: 'sXch…', e: 'AQAB' }],
    }),
  ),
  '/test': own('getRoomsPage', 'Open the page that chats in rooms', page),
  '/static/chat.html': own('getConversationsPage', 'Open the page that chats in conversations', page),
});
