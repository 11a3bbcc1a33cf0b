import { DialectName, Login, Realm, SessionId, Timestamp } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { GrantView, grantView } from '../shapes.js';
import { anonymousIn } from './accounts.js';
import { answers, created, done, noContent, ok } from './answers.js';

export const SessionView = z.object({
  id: SessionId,
  dialect: DialectName,
  createdAt: Timestamp,
  refreshedAt: Timestamp,
  expiresAt: Timestamp,
  current: z.boolean(),
});

export const SessionList = z.object({ sessions: z.array(SessionView) });
export const SessionsEnded = z.object({ ended: z.int() });
export const SignIn = z.object({
  login: Login,
  password: z.string().min(1).max(256),
  realm: Realm.optional(),
});
export const RefreshRequest = z.object({ refreshToken: z.string().min(1).max(512), realm: Realm.optional() });

export const sessionRoutes = (deps: RestDeps): Route[] => [...beginRoutes(deps), ...endRoutes(deps)];

const beginRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/sessions',
    operationId: 'signIn',
    summary: 'Sign in',
    access: 'anyone',
    body: SignIn,
    responses: answers(created('Signed in.', GrantView), 400, 401, 404, 422, 429),
    async handle({ body: { login, password, realm }, request }) {
      const principal = anonymousIn(deps, realm);
      const command = { type: 'session.signIn' as const, login, by: 'either' as const, password };
      const { grant } = await deps.authentication.guardSignIn(request, login, () =>
        deps.execute(command, { principal, request }),
      );
      return { status: 201, body: grantView(grant) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/sessions/refresh',
    operationId: 'refreshSession',
    summary: 'Exchange a refresh token for new tokens of the same session',
    access: 'anyone',
    body: RefreshRequest,
    responses: answers(
      ok('New tokens; the refresh token in the request works no more.', GrantView),
      400,
      401,
      404,
      422,
    ),
    async handle({ body: { refreshToken, realm }, request }) {
      const principal = anonymousIn(deps, realm);
      const { grant } = await deps.execute({ type: 'session.refresh', refreshToken }, { principal, request });
      return { body: grantView(grant) };
    },
  }),
];

const endRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/sessions',
    operationId: 'listSessions',
    summary: 'List the own sessions',
    access: 'account',
    responses: answers(ok('Newest first, at most 100.', SessionList), 401),
    async handle({ principal }) {
      const sessions = await deps.core.auth.session.list({}, { principal });
      const view = sessions.map(({ accountId: _own, ...session }) => ({
        ...session,
        current: session.id === principal.sessionId,
      }));
      return { body: { sessions: view } };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/sessions',
    operationId: 'endOtherSessions',
    summary: 'End all own sessions except this one',
    access: 'account',
    responses: answers(ok('The number of sessions that were ended.', SessionsEnded), 401),
    async handle({ principal, request }) {
      const { ended } = await deps.execute({ type: 'session.endOthers' }, { principal, request });
      return { body: { ended } };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/sessions/current',
    operationId: 'signOut',
    summary: 'Sign out',
    access: 'account',
    responses: answers(done('Signed out; its sockets close within a second.'), 401),
    async handle({ principal, request }) {
      await deps.execute({ type: 'session.end', sessionId: null }, { principal, request });
      return noContent;
    },
  }),
  route({
    method: 'delete',
    path: '/v1/sessions/:id',
    operationId: 'endSession',
    summary: 'End one of the own sessions',
    access: 'account',
    params: z.object({ id: SessionId }),
    responses: answers(done('Ended.'), 401, 404, 422),
    async handle({ params, principal, request }) {
      await deps.execute({ type: 'session.end', sessionId: params.id }, { principal, request });
      return noContent;
    },
  }),
];
