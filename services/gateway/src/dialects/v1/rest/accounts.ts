import {
  AccountId,
  DisplayName,
  Fault,
  Password,
  Realm,
  Timestamp,
  isFault,
  nameText,
  notFound,
  text,
  usernameCharactersMax,
} from '@parley/contracts';
import type { AccountPrincipal, AnonymousPrincipal } from '@parley/contracts';
import type { Request } from 'express';
import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { AccountView, GrantView, OwnAccountView, accountView, grantView, ownAccountView } from '../shapes.js';
import { answers, created, done, noContent, ok } from './answers.js';
import { limit, numberCursor } from './queries.js';

/** A user name of this dialect: no spaces and no @, so that it can never be read as an e-mail address. */
const NewUsername = nameText(1, 64).regex(
  /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*$/u,
  'A user name consists of letters, digits, dots, underscores and hyphens, and begins with a letter or digit',
);
const NewPassword = Password.min(8, 'Password must have at least 8 characters');

export const NewAccount = z.object({
  username: NewUsername,
  password: NewPassword,
  name: DisplayName.optional(),
  realm: Realm.optional(),
});
export const AccountUpdate = z.object({ name: DisplayName });
export const PasswordChange = z.object({ current: Password, next: NewPassword });
export const PasswordConfirmation = z.object({ password: Password });
export const SocketTicket = z.object({ ticket: z.string(), expiresAt: Timestamp });
export const AccountPage = z.object({ accounts: z.array(AccountView), next: z.string().nullable() });

/** The principal of a call without a sign-in, in the realm that the request names, if this dialect may open into it. */
export const anonymousIn = (deps: RestDeps, realm: string | undefined): AnonymousPrincipal => {
  if (realm === undefined || realm === deps.realm) return deps.anonymous;
  const allowed = deps.allowedRealms.find((each) => each === realm);
  if (allowed === undefined) throw notFound('realm');
  return { ...deps.anonymous, realm: allowed };
};

export const accountRoutes = (deps: RestDeps): Route[] => [
  ...entryRoutes(deps),
  ...ownRoutes(deps),
  ...otherRoutes(deps),
];

const entryRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/accounts',
    operationId: 'signUp',
    summary: 'Sign up',
    access: 'anyone',
    body: NewAccount,
    responses: answers(created('The account, signed in.', GrantView), 400, 404, 409, 422, 429),
    async handle({ body: { realm: named, ...person }, request }) {
      const principal = anonymousIn(deps, named);
      const { grant } = await deps.execute({ type: 'account.begin', person }, { principal, request });
      return { status: 201, body: grantView(grant) };
    },
  }),
];

const ownRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/me',
    operationId: 'getOwnAccount',
    summary: 'Get the own account',
    access: 'account',
    responses: answers(ok('The account that the token belongs to.', OwnAccountView), 401),
    handle: async ({ principal }) => ({ body: ownAccountView(await deps.core.auth.account.me({}, { principal })) }),
  }),
  route({
    method: 'patch',
    path: '/v1/me',
    operationId: 'updateOwnAccount',
    summary: 'Change the own display name',
    access: 'account',
    body: AccountUpdate,
    responses: answers(ok('The account as it is now.', OwnAccountView), 400, 401, 409, 422),
    async handle({ body: { name }, principal, request }) {
      const { account } = await deps.execute({ type: 'account.setName', name }, { principal, request });
      return { body: ownAccountView(account) };
    },
  }),
  route({
    method: 'put',
    path: '/v1/me/password',
    operationId: 'changePassword',
    summary: 'Change the own password and end the other sessions',
    access: 'account',
    body: PasswordChange,
    responses: answers(done('Changed.'), 400, 401, 403, 422, 429),
    async handle({ body, principal, request }) {
      await guardPassword(deps, request, principal, () =>
        deps.execute({ type: 'account.changePassword', ...body }, { principal, request }),
      );
      return noContent;
    },
  }),
  route({
    method: 'delete',
    path: '/v1/me',
    operationId: 'deleteOwnAccount',
    summary: 'Delete the own account',
    access: 'account',
    body: PasswordConfirmation,
    responses: answers(done('Deleted; its messages stay, its names become free.'), 400, 401, 403, 422, 429),
    async handle({ body, principal, request }) {
      await guardPassword(deps, request, principal, () =>
        deps.execute({ type: 'account.delete', ...body }, { principal, request }),
      );
      return noContent;
    },
  }),
  route({
    method: 'post',
    path: '/v1/socket-tickets',
    operationId: 'createSocketTicket',
    summary: 'Create a ticket that opens one socket within 30 seconds',
    access: 'account',
    responses: answers(created('Pass it as ?ticket= to /v1/socket.', SocketTicket), 401),
    async handle({ principal, request }) {
      const { ticket, expiresAt } = await deps.execute({ type: 'ticket.issue' }, { principal, request });
      return { status: 201, body: { ticket, expiresAt } };
    },
  }),
];

const otherRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/accounts',
    operationId: 'searchAccounts',
    summary: 'Search accounts by a part of their user name or display name',
    access: 'account',
    query: z.object({
      contains: text(0, usernameCharactersMax).default(''),
      cursor: numberCursor(0),
      limit: limit(100, 50),
    }),
    responses: answers(
      ok('By number; next is the cursor of the page that follows, null when this one is empty.', AccountPage),
      401,
      422,
    ),
    async handle({ query: { contains, cursor, limit: size }, principal }) {
      const input = { contains, by: 'names' as const, limit: size, ...(cursor !== undefined && { after: cursor }) };
      const accounts = await deps.core.auth.account.search(input, { principal });
      // A page may be short without being the last: only an empty one is the end.
      const last = accounts.at(-1);
      return { body: { accounts: accounts.map(accountView), next: last ? String(last.number) : null } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/accounts/:id',
    operationId: 'getAccount',
    summary: 'Get an account',
    access: 'account',
    params: z.object({ id: AccountId }),
    responses: answers(ok('The account as others see it.', AccountView), 401, 404, 422),
    async handle({ params, principal }) {
      const system = { ...deps.system, realm: principal.realm };
      const account = await deps.core.auth.account.find({ reference: { id: params.id } }, { principal: system });
      if (!account) throw notFound('account');
      return { body: accountView(account) };
    },
  }),
];

/** Counts wrong passwords like failed sign-ins, so that a stolen token is not a way to guess the password. */
const guardPassword = async (
  deps: RestDeps,
  request: Request,
  principal: AccountPrincipal,
  attempt: () => Promise<unknown>,
): Promise<void> => {
  const wrong = new Fault('unauthenticated', 'wrong_credentials', 'The password is wrong');
  try {
    await deps.authentication.guardSignIn(request, principal.accountId, async () => {
      try {
        await attempt();
      } catch (error) {
        throw isFault(error) && error.reason === 'wrong_password' ? wrong : error;
      }
    });
  } catch (error) {
    throw error === wrong ? new Fault('forbidden', 'wrong_password', wrong.message) : error;
  }
};
