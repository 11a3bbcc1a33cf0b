import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AccountPrincipal } from '@parley/contracts';
import express from 'express';
import type { Request, Response, Router } from 'express';
import type { z } from 'zod';
import { expressPathsOf } from './fixed-paths.js';
import { InvalidInput, parseInput } from './input-issues.js';
import type { InputIssue } from './input-issues.js';
import type { RestDeps } from './rest-deps.js';

type Maybe<S> = S extends z.ZodType ? z.output<S> : undefined;

/** The input of a handler: parsed parts, and the account where the route requires one. */
export interface Call<P, Q, B, A extends 'account' | 'anyone'> {
  readonly params: Maybe<P>;
  readonly query: Maybe<Q>;
  readonly body: Maybe<B>;
  readonly principal: A extends 'account' ? AccountPrincipal : undefined;
  readonly request: Request;
}

/** A response. `body` undefined sends none; a string with `contentType` is sent unmodified; `stream` is JSON in chunks. */
export interface Reply {
  readonly status?: number;
  readonly body?: unknown;
  readonly stream?: AsyncIterable<string>;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteSpec<P, Q, B, A extends 'account' | 'anyone'> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** In Express syntax, below the dialect's mount: `/api/rooms/:room_id`. */
  readonly path: string;
  /** In camel case, unique in its dialect: the name of the operation in generated clients. */
  readonly operationId: string;
  readonly summary: string;
  readonly access: A;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** The operation is idempotent in its own service: repeating it with the same Idempotency-Key has no further effect. */
  readonly repeatable?: boolean;
  /** The format of the body; JSON unless it is a form. */
  readonly bodyType?: 'json' | 'form';
  /** The handler reads the body's text too (`bodyTextOf`): a number that was parsed has lost its form. */
  readonly keepsBodyText?: boolean;
  /** The possible responses: status → description and schema. They appear in the OpenAPI document. */
  readonly responses: Readonly<Record<number, { readonly description: string; readonly schema?: z.ZodType }>>;
  handle(call: Call<P, Q, B, A>): Promise<Reply>;
}

/** A route whose types were checked where it was defined. */
export interface Route extends Omit<RouteSpec<z.ZodType, z.ZodType, z.ZodType, 'account' | 'anyone'>, 'handle'> {
  run(request: Request, deps: RestDeps): Promise<Reply>;
}

/**
 * Ties a route's schemas to its handler. It authenticates before it parses, so that a caller without a token learns nothing about the
 * schemas; it reports the issues of all parts at once.
 */
export const route = <
  A extends 'account' | 'anyone',
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  spec: RouteSpec<P, Q, B, A>,
): Route => {
  const { handle, ...rest } = spec;
  return {
    ...(rest as Omit<Route, 'run'>),
    async run(request, deps) {
      const principal = spec.access === 'account' ? await deps.authentication.authenticate(request) : undefined;
      const issues: InputIssue[] = [];
      const params = part('path', spec.params, request.params, issues);
      const query = part('query', spec.query, request.query, issues);
      const body = part('body', spec.body, request.body, issues);
      if (issues.length > 0) throw new InvalidInput(issues);
      return handle({ params, query, body, principal, request } as Call<P, Q, B, A>);
    },
  };
};

const part = (where: InputIssue['where'], schema: z.ZodType | undefined, value: unknown, issues: InputIssue[]) => {
  if (!schema) return undefined;
  const parsed = parseInput(schema, value);
  if (parsed.success) return parsed.data;
  issues.push(...parsed.issues.map((issue) => ({ where, ...issue })));
  return undefined;
};

/** The routes as an Express router. Errors go to `next` and so to the error handler, which knows the dialect's format. */
export const routerOf = (routes: readonly Route[], deps: RestDeps): Router => {
  const router = express.Router({ caseSensitive: true, strict: false });
  const pathOf = expressPathsOf(routes);
  for (const each of routes) {
    router[each.method](pathOf(each), async (request: Request, response: Response) => {
      await send(response, await each.run(request, deps));
    });
  }
  return router;
};

const send = async (response: Response, { status = 200, body, stream, contentType, headers }: Reply): Promise<void> => {
  response.status(status);
  if (headers) response.set(headers);
  if (stream) {
    // A fault half way closes the connection, so that a client never takes a partial response for a complete one.
    await pipeline(Readable.from(stream), response.type(contentType ?? 'application/json'));
  } else if (body === undefined) response.end();
  else if (contentType) response.type(contentType).send(body);
  else response.json(body);
};
