// What a person can meet: input of the wrong type, size or shape at every route and in every frame, and the words of the answer.
import { isFault } from '@parley/contracts';
import type { AccountPrincipal, Fault } from '@parley/contracts';
import type { Request } from 'express';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Dialect, ConnectionView } from '../protocol/dialect.js';
import type { Route } from '../protocol/routes.js';
import type { RestDeps } from '../protocol/rest-deps.js';
import { allMounts, routeDepsOf } from '../testing/route-deps.js';

/** The texts and codes of zod. */
const validatorWords =
  /invalid input|\b(expected|received) (string|number|int|boolean|object|array|record|null|undefined|nonoptional|one of|\\?")|too (small|big)|invalid (uuid|string|option|key|email|iso|ipv[46]|number|element)|unrecognized|must match|must (start|end) with|invalid_(type|format|union|value|key|element)|too_(small|big)|\bzod/i;

const uuid = '00000000-0000-4000-8000-000000000001';
const principal = { kind: 'account', accountId: uuid, handle: uuid, number: 1, realm: 'main' } as AccountPrincipal;

const wrongValues: readonly unknown[] = [
  undefined,
  null,
  true,
  7,
  -1,
  1.5,
  1e300,
  '',
  'x',
  'x'.repeat(200_000),
  '\u0000',
  [],
  [{}],
  Array.from({ length: 1_000 }, () => 'x'),
  {},
  { x: 1 },
];

/** The example with each of its fields wrong in every way, and what is no object at all. */
const wrongFormsOf = (example: unknown): unknown[] => {
  if (typeof example !== 'object' || example === null) return [...wrongValues];
  const changed = Object.entries(example).flatMap(([key, value]) => [
    ...wrongValues.map((wrong) => ({ ...example, [key]: wrong })),
    ...(typeof value === 'object' && value !== null
      ? wrongFormsOf(value).map((wrong) => ({ ...example, [key]: wrong }))
      : []),
  ]);
  return [...wrongValues, ...changed];
};

const exampleOf = ({ schemas, examples }: Dialect['documents'], schema: z.ZodType): unknown => {
  const candidates = [
    schema,
    schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? schema.unwrap() : schema,
  ];
  const name = Object.keys(schemas).find((each) => candidates.includes(schemas[each] as z.ZodType));
  return name === undefined ? undefined : examples[name];
};

const faultOf = async (work: () => unknown): Promise<Fault | null> => {
  try {
    await work();
    return null;
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
};

describe.each(allMounts)('$dialect.name', (mount) => {
  const { dialect } = mount;
  const deps: RestDeps = {
    ...routeDepsOf(mount),
    authentication: {
      authenticate: () => Promise.resolve(principal),
      authenticateToken: () => Promise.resolve(principal),
      guardSignIn: (_request, _login, attempt) => attempt(),
    },
  };
  const refusedBy = (route: Route, parts: object): Promise<Fault | null> =>
    faultOf(() =>
      route.run({ params: {}, query: {}, body: undefined, get: () => undefined, ...parts } as unknown as Request, deps),
    );

  test.each(dialect.routes(deps).filter(({ params, query, body }) => params ?? query ?? body))(
    'REST: $operationId describes wrong input in words of its own',
    async (route) => {
      const example = route.body ? exampleOf(dialect.documents, route.body) : undefined;
      if (route.body instanceof z.ZodObject) expect(example, 'an example of the body').toBeDefined();
      const texts = (name: string) => [
        { [name]: '' },
        { [name]: 'x' },
        { [name]: '9'.repeat(400) },
        { [name]: ['a', 'b'] },
      ];
      const namesIn = (schema: z.ZodType | undefined) =>
        schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
      const attempts = [
        { params: {}, query: {} },
        ...namesIn(route.params)
          .flatMap(texts)
          .map((params) => ({ params })),
        ...namesIn(route.query)
          .flatMap(texts)
          .map((query) => ({ query })),
        ...(route.body ? wrongFormsOf(example).map((body) => ({ body })) : []),
      ];
      let refused = 0;
      for (const attempt of attempts) {
        const fault = await refusedBy(route, attempt);
        if (fault?.code !== 'invalid') continue;
        refused += 1;
        const text = JSON.stringify(dialect.renderFault(fault, {} as Request).body);
        expect(text).not.toMatch(validatorWords);
      }
      if (route.body instanceof z.ZodObject) expect(refused).toBeGreaterThan(5);
    },
  );

  test.each(Object.entries(dialect.documents.socket.clientMessages))(
    'socket: %s describes a wrong frame in words of its own',
    async (name, { example }) => {
      const socket = dialect.socket;
      if (!socket) throw new Error('No socket');
      const state = { room: { id: uuid }, conversation: { id: uuid } };
      const connection = {
        id: uuid,
        realm: 'main',
        principal,
        state,
        attached: new Map(),
      } as unknown as ConnectionView;
      const own = { ...(example as object), ...('from' in (example as object) && { from: uuid }) };
      const authenticates = dialect.documents.rpc?.methods[name]?.authenticates === true;
      let refused = 0;
      for (const wrong of wrongFormsOf(own)) {
        const fault = await faultOf(() =>
          socket.decode(JSON.stringify(wrong) ?? '', authenticates ? null : connection),
        );
        if (fault?.code !== 'invalid') continue;
        refused += 1;
        expect(socket.encodeFault(fault, 1) ?? '').not.toMatch(validatorWords);
        expect(socket.close(fault).reason).not.toMatch(validatorWords);
      }
      expect(refused).toBeGreaterThan(0);
    },
  );
});
