import { Fault, isFault } from '@parley/contracts';
import type { Account, Grant } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { inPages, streamedArray } from '../shared/json-stream.js';
import { chatPages } from './chats.js';
import { messagesWith, partnerWith } from './history.js';
import * as shapes from './shapes.js';

const ok = (schema: z.ZodType) => ({ 200: { description: 'OK', schema } });
const unauthenticated = { 401: { description: 'Not authenticated', schema: shapes.Detail } };
const noPartner = { 404: { description: 'Partner does not exist', schema: shapes.Detail } };

export const routes = (deps: RestDeps, openDirectory: boolean): readonly Route[] => [
  ...accountRoutes(deps),
  ...directoryRoutes(deps, openDirectory),
  ...chatRoutes(deps),
];

const accountRoutes = ({ execute, anonymous, authentication }: RestDeps): readonly Route[] => [
  route({
    method: 'get',
    path: '/root',
    operationId: 'getStatus',
    summary: 'Whether the server is there',
    access: 'anyone',
    responses: ok(shapes.Online),
    handle: () => Promise.resolve({ body: { message: 'Backend is online' } }),
  }),
  route({
    method: 'post',
    path: '/auth/register',
    operationId: 'signUp',
    summary: 'Register a user with the public key of their app',
    access: 'anyone',
    body: shapes.NewUser,
    responses: {
      ...ok(shapes.Registered),
      400: { description: 'Username or e-mail already taken', schema: shapes.Detail },
    },
    async handle({ body: { username, email, password, public_key: publicKey }, request }) {
      const person = { username, email, password, publicKey };
      const { account } = await execute({ type: 'account.register', person }, { principal: anonymous, request });
      return { body: { id: account.number, username, email: account.email ?? email } };
    },
  }),
  route({
    method: 'post',
    path: '/auth/login',
    operationId: 'signIn',
    summary: 'Exchange a user name and a password for tokens',
    access: 'anyone',
    body: shapes.SignIn,
    responses: {
      ...ok(shapes.Tokens),
      401: { description: 'Invalid username or password', schema: shapes.Detail },
      429: { description: 'Too many failed attempts', schema: shapes.Detail },
    },
    async handle({ body: { username, password }, request }) {
      const command = { type: 'session.signIn' as const, login: username, by: 'username' as const, password };
      const { grant } = await authentication.guardSignIn(request, username, () =>
        execute(command, { principal: anonymous, request }),
      );
      return { body: toTokens(grant) };
    },
  }),
  route({
    method: 'post',
    path: '/auth/refresh',
    operationId: 'refreshTokens',
    summary: 'Exchange a refresh token for new tokens; two at once get the same',
    access: 'anyone',
    body: shapes.RefreshToken,
    responses: { ...ok(shapes.Tokens), 401: { description: 'Refresh failed', schema: shapes.Detail } },
    async handle({ body: { refresh_token: refreshToken }, request }) {
      // An access token is longer than any refresh token.
      if (refreshToken.length > refreshTokenMax) throw refreshFailed();
      const command = { type: 'session.refresh' as const, refreshToken };
      const { grant } = await execute(command, { principal: anonymous, request }).catch((error: unknown) => {
        throw isFault(error) && error.code === 'unauthenticated' ? refreshFailed(error) : error;
      });
      return { body: toTokens(grant) };
    },
  }),
];

const refreshTokenMax = 512;

const refreshFailed = (cause?: Fault): Fault =>
  new Fault('unauthenticated', 'refresh_invalid', 'Refresh failed', { cause });

const toTokens = (grant: Grant): z.output<typeof shapes.Tokens> => ({
  access_token: grant.accessToken,
  refresh_token: grant.refreshToken,
  token_type: 'Bearer',
});

/** Open unless the operator closes them, because the app requests them without a token; they are the app's phone book, and capped. */
const directoryRoutes = (deps: RestDeps, open: boolean): readonly Route[] => [
  route({
    method: 'get',
    path: '/users/search',
    operationId: 'searchUsers',
    summary: 'Users whose name contains the text, in any case; at most 200',
    access: open ? 'anyone' : 'account',
    query: shapes.Search,
    responses: { ...ok(z.array(shapes.Found)), ...(open ? {} : unauthenticated) },
    async handle({ query: { query } }) {
      return { stream: await streamedArray(usersNamed(query, deps), shapes.toFound) };
    },
  }),
  route({
    method: 'get',
    path: '/auth/get_all_users',
    operationId: 'listUsers',
    summary: 'The same in the form that the app reads; without a text everybody, at most 200',
    access: open ? 'anyone' : 'account',
    query: shapes.OptionalSearch,
    responses: { ...ok(z.array(shapes.PartnerInfo)), ...(open ? {} : unauthenticated) },
    async handle({ query: { search } }) {
      return { stream: await streamedArray(usersNamed(search, deps), shapes.toPartner) };
    },
  }),
];

const usersMax = 200;
const usersPage = 50;
const pagesMax = 40;

/** A message may have a ciphertext of 64 KB for each of its readers. */
const itemsInPiece = 10;

/** Only accounts with a public key: this dialect cannot send to others. */
async function* usersNamed(contains: string, { core, system }: RestDeps): AsyncGenerator<Account[]> {
  let [after, left] = [0, usersMax];
  for (let page = 0; page < pagesMax && left > 0; page += 1) {
    const some = await core.auth.account.search({ contains, after, limit: usersPage }, { principal: system });
    const last = some.at(-1);
    if (!last) return;
    const found = some.filter(({ publicKey }) => publicKey !== null).slice(0, left);
    left -= found.length;
    yield found;
    after = last.number;
  }
}

const chatRoutes = ({ core, execute, system }: RestDeps): readonly Route[] => [
  route({
    method: 'get',
    path: '/chat/all_messages',
    operationId: 'listMessages',
    summary: 'Messages with a partner, newest first: 20, or `limit` (to 500), those before a `timestamp`',
    access: 'account',
    query: shapes.History,
    responses: { ...ok(z.array(shapes.Item)), ...unauthenticated, ...noPartner },
    async handle({ query: { partnerID, limit, before }, principal, request }) {
      const partner = await partnerWith(partnerID, { core, system });
      const { channel } = await execute({ type: 'channel.openDirect', with: partner.id }, { principal, request });
      const messages = await messagesWith(partner, channel.id, { limit, before }, { core, system, principal });
      return { stream: await streamedArray(inPages(messages, itemsInPiece), (item) => item) };
    },
  }),
  route({
    method: 'get',
    path: '/chat/chat_list',
    operationId: 'listChats',
    summary: 'Partners and the last message with each, newest first',
    access: 'account',
    responses: { ...ok(z.array(shapes.ChatEntry)), ...unauthenticated },
    async handle({ principal }) {
      return { stream: await streamedArray(chatPages({ core, system, principal }), (chat) => chat) };
    },
  }),
  route({
    method: 'get',
    path: '/chat/partnerinfo',
    operationId: 'getPartner',
    summary: 'The name and the public key of a partner',
    access: 'account',
    query: shapes.Partner,
    responses: { ...ok(shapes.PartnerInfo), ...unauthenticated, ...noPartner },
    async handle({ query: { partnerID } }) {
      return { body: shapes.toPartner(await partnerWith(partnerID, { core, system })) };
    },
  }),
];
