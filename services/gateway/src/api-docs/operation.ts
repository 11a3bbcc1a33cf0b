import { z } from 'zod';
import type { Dialect } from '../protocol/dialect.js';
import type { Route } from '../protocol/routes.js';
import type { Field, Json, Schemas } from './schemas.js';

export const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key again returns the first response for 24 hours and executes nothing twice.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
};

interface Subject {
  readonly dialect: Dialect;
  /** The path as a template. */
  readonly path: string;
  readonly route: Route;
  readonly schemas: Schemas;
}

/** One route as an operation of OpenAPI. */
export const operationOf = (subject: Subject): Json => {
  const { dialect, route, schemas } = subject;
  return {
    tags: [dialect.name],
    operationId: route.operationId,
    summary: route.summary,
    description: descriptionOf(subject),
    security: securityOf(subject),
    parameters: [
      ...pathParametersOf(subject),
      ...queryParametersOf(subject),
      ...(route.method === 'get' ? [] : [{ $ref: '#/components/parameters/IdempotencyKey' }]),
    ],
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: {
          [route.bodyType === 'form' ? 'application/x-www-form-urlencoded' : 'application/json']: {
            schema: schemas.of(route.body, 'input'),
          },
        },
      },
    }),
    responses: responsesOf(subject),
  };
};

const descriptionOf = (subject: Subject): string => {
  const [scheme, alternative] = securityOf(subject);
  if (scheme === undefined) return `${subject.route.summary}. Requires no token.`;
  return `${subject.route.summary}. ${alternative === undefined ? 'Requires an access token.' : 'Accepts an access token.'}`;
};

/** A dialect that takes its token from the query declares it as a parameter of the route; an optional one is an alternative. */
const securityOf = ({ dialect, route }: Subject): Json[] => {
  const { token } = dialect.documents;
  const scheme = { [dialect.name]: [] };
  if (route.access === 'account') return [scheme];
  if (token.in !== 'query' || !(route.query instanceof z.ZodObject)) return [];
  const parameter: unknown = route.query.shape[token.name];
  if (!(parameter instanceof z.ZodType)) return [];
  return parameter.safeParse(undefined).success ? [scheme, {}] : [scheme];
};

const fieldsOf = (schema: z.ZodType | undefined, schemas: Schemas): Field[] =>
  schema ? schemas.fieldsOf(schema, 'input') : [];

/** Every name in the template; a parameter without a schema is text. */
const pathParametersOf = ({ path, route, schemas }: Subject): Json[] => {
  const declared = new Map(fieldsOf(route.params, schemas).map(({ name, schema }) => [name, schema]));
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: declared.get(name) ?? { type: 'string' },
  }));
};

const queryParametersOf = ({ dialect, route, schemas }: Subject): Json[] => {
  const { token } = dialect.documents;
  return fieldsOf(route.query, schemas)
    .filter(({ name }) => token.in !== 'query' || name !== token.name)
    .map(({ name, required, schema }) => ({ name, in: 'query', required, schema }));
};

const invalid = 'A part of the request does not have its documented form';

const responsesOf = ({ dialect, route, schemas }: Subject): Json => {
  const { fault } = dialect.documents;
  const failure = (description: string, more: Json = {}): Json => ({
    description,
    ...more,
    content: { [fault.mediaType]: { schema: schemas.of(fault.schema, 'output') } },
  });
  const success = Object.entries(route.responses)
    .filter(([status]) => Number(status) < 400)
    .map(([status, { description, schema }]) => [
      status,
      { description, ...(schema && { content: { 'application/json': { schema: schemas.of(schema, 'output') } } }) },
    ]);
  const declared = Object.entries(route.responses)
    .filter(([status]) => Number(status) >= 400)
    .map(([status, { description }]) => [status, failure(description)]);
  return {
    422: failure(invalid),
    429: failure('Too many requests', { headers: retryAfter }),
    ...(Object.fromEntries([...success, ...declared]) as Json),
    503: failure('A service is not available right now', { headers: retryAfter }),
    default: failure('Any other error'),
  };
};

const retryAfter: Json = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 1 } },
};
