import { createHash, randomUUID } from 'node:crypto';
import { Fault, isFault, ShortNumber } from '@parley/contracts';
import type { Account, AccountId, AccountPrincipal, Channel, ChannelId } from '@parley/contracts';
import pMap from 'p-map';
import { z } from 'zod';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { historyPages, streamedArray } from '../shared/json-stream.js';
import { conversationOf } from './conversation.js';
import * as shapes from './shapes.js';

const unauthenticated = { 401: { description: 'Not authenticated', schema: shapes.Detail } };
const notHere = {
  ...unauthenticated,
  403: { description: 'You are not a participant in this conversation', schema: shapes.Detail },
  404: { description: 'Conversation not found', schema: shapes.Detail },
};
const ok = (schema: z.ZodType) => ({ 200: { description: 'OK', schema } });
const created = (schema: z.ZodType) => ({ 201: { description: 'Created', schema } });

export const routes = (deps: RestDeps): readonly Route[] => [
  ...userRoutes(deps),
  ...conversationRoutes(deps),
  ...messageRoutes(deps),
];

const userRoutes = ({ core, anonymous, guardSignIn }: RestDeps): readonly Route[] => {
  const signIn = async (login: string, password: string): Promise<z.output<typeof shapes.Tokens>> => {
    const grant = await core.auth.token.signIn({ login, by: 'either', password }, { principal: anonymous });
    return { access_token: grant.accessToken, token_type: 'bearer', user: shapes.toUser(grant.account) };
  };
  return [
    route({
      method: 'post',
      path: '/auth/token',
      operationId: 'signIn',
      summary: 'Exchange a user name or e-mail and a password, sent as a form, for a token',
      access: 'anyone',
      body: shapes.SignIn,
      bodyType: 'form',
      responses: {
        ...ok(shapes.Tokens),
        401: { description: 'Incorrect username or password', schema: shapes.Detail },
        429: { description: 'Too many failed attempts', schema: shapes.Detail },
      },
      async handle({ body: { username, password }, request }) {
        return { body: await guardSignIn(request, username, () => signIn(username, password)) };
      },
    }),
    route({
      method: 'post',
      path: '/users/register',
      operationId: 'signUp',
      summary: 'Register a user, who is signed in at once',
      access: 'anyone',
      body: shapes.NewUser,
      responses: {
        ...ok(shapes.Tokens),
        400: { description: 'Username or e-mail already exists', schema: shapes.Detail },
      },
      async handle({ body: { first_name: firstName, last_name: lastName, ...body } }) {
        const person = { kind: 'person' as const, ...body, firstName, lastName };
        await core.auth.account.register(person, { principal: anonymous });
        return { body: await signIn(body.username, body.password) };
      },
    }),
    route({
      method: 'get',
      path: '/users/me',
      operationId: 'getOwnUser',
      summary: 'The signed-in user',
      access: 'account',
      responses: { ...ok(shapes.User), ...unauthenticated },
      async handle({ principal }) {
        return { body: shapes.toUser(await core.auth.account.me({}, { principal })) };
      },
    }),
  ];
};

const conversationRoutes = (deps: RestDeps): readonly Route[] => {
  const { core, system } = deps;
  return [
    route({
      method: 'post',
      path: '/conversations',
      operationId: 'createConversation',
      summary: 'Start a conversation between the caller and others',
      access: 'account',
      body: shapes.NewConversation,
      responses: {
        ...created(shapes.Conversation),
        ...unauthenticated,
        404: { description: 'User with ID <n> not found', schema: shapes.Detail },
      },
      async handle({ body, principal }) {
        const memberIds = await accountsOf(deps, body.participant_ids);
        const input = { kind: 'group' as const, title: body.title, memberIds };
        const channel = await core.topics.channel.create(input, { principal });
        return { status: 201, body: shapes.toConversation(channel) };
      },
    }),
    route({
      method: 'get',
      path: '/conversations',
      operationId: 'listConversations',
      summary: 'The conversations of the caller, newest first',
      access: 'account',
      responses: { ...ok(z.array(shapes.Conversation)), ...unauthenticated },
      async handle({ principal }) {
        return { stream: await streamedArray(ownPages(core, principal), shapes.toConversation) };
      },
    }),
    route({
      method: 'get',
      path: '/conversations/:conversation_id',
      operationId: 'getConversation',
      summary: 'One conversation',
      access: 'account',
      params: shapes.ConversationPath,
      responses: { ...ok(shapes.Conversation), ...notHere },
      async handle({ params, principal }) {
        return {
          body: shapes.toConversation(await conversationOf(params.conversation_id, { core, system, principal })),
        };
      },
    }),
    route({
      method: 'get',
      path: '/conversations/:conversation_id/participants',
      operationId: 'listParticipants',
      summary: 'Who takes part in a conversation, and who of them is connected',
      access: 'account',
      params: shapes.ConversationPath,
      responses: { ...ok(z.array(shapes.Participant)), ...notHere },
      async handle({ params, principal }) {
        const { id } = await conversationOf(params.conversation_id, { core, system, principal });
        return { stream: await streamedArray(participantPages(deps, id, principal), shapes.toParticipant) };
      },
    }),
  ];
};

const messageRoutes = ({ core, system }: RestDeps): readonly Route[] => [
  route({
    method: 'get',
    path: '/conversations/:conversation_id/messages',
    operationId: 'listMessages',
    summary: 'The whole history of a conversation, oldest first',
    access: 'account',
    params: shapes.ConversationPath,
    responses: { ...ok(z.array(shapes.ConversationMessage)), ...notHere },
    async handle({ params, principal }) {
      const conversation = await conversationOf(params.conversation_id, { core, system, principal });
      const pages = historyPages(core, conversation.id, principal);
      return { stream: await streamedArray(pages, (message) => shapes.toItem(conversation, message)) };
    },
  }),
  route({
    method: 'post',
    path: '/conversations/:conversation_id/messages',
    operationId: 'sendMessage',
    summary: 'Say something; it is delivered live too',
    access: 'account',
    params: shapes.ConversationPath,
    body: shapes.Say,
    repeatable: true,
    responses: { ...created(shapes.ConversationMessage), ...notHere },
    async handle({ params, body, principal, request }) {
      const { id: channelId } = await conversationOf(params.conversation_id, { core, system, principal }).catch(
        asSpeaker,
      );
      const content = { type: 'text' as const, text: body.content };
      const input = { target: { channelId }, clientId: clientIdOf(request.get('idempotency-key')), content };
      const { message, channel } = await core.chat.message.send(input, { principal }).catch(asSpeaker);
      return { status: 201, body: shapes.toItem(channel, message) };
    },
  }),
];

/** The same key gives the same message, also where the response to the first request was lost. */
const clientIdOf = (key: string | undefined): string =>
  key === undefined ? randomUUID() : `key-${createHash('sha256').update(key).digest('base64url')}`;

/** For a caller who may not even read, returns the error for sending, as the old server did. */
const asSpeaker = (error: unknown): never => {
  if (!isFault(error) || (error.reason !== 'not_member' && error.reason !== 'barred')) throw error;
  throw new Fault('forbidden', 'not_participant', 'You must be a participant to send messages', { cause: error });
};

type Core = RestDeps['core'];

const sideBySideMax = 20;

/** The accounts with these numbers, each once; throws a fault that names the first missing one. */
const accountsOf = async ({ core, system }: RestDeps, numbers: readonly number[]): Promise<AccountId[]> => {
  const find = async (number: number): Promise<Account | null> =>
    ShortNumber.safeParse(number).success
      ? core.auth.account.find({ reference: { number } }, { principal: system })
      : null;
  const wanted = [...new Set(numbers)];
  const found = await pMap(wanted, find, { concurrency: sideBySideMax });
  return found.map((account, index) => {
    if (!account) throw new Fault('not_found', 'account_not_found', `User with ID ${wanted[index]} not found`);
    return account.id;
  });
};

/** Only members see groups; of the rooms of a shared realm, a caller sees those that it joined. */
async function* ownPages(core: Core, principal: AccountPrincipal): AsyncGenerator<Channel[]> {
  let before: number | undefined;
  do {
    const page = await core.topics.channel.list(
      { kinds: ['group', 'room'], joined: true, limit: 200, ...(before === undefined ? {} : { before }) },
      { principal },
    );
    yield page.channels;
    before = page.next ?? undefined;
  } while (before !== undefined);
}

async function* participantPages(
  { core, system, here, realm }: RestDeps,
  channelId: ChannelId,
  principal: AccountPrincipal,
): AsyncGenerator<shapes.Present[]> {
  let after: AccountId | undefined;
  do {
    const page = await core.topics.member.list(
      { channelId, limit: 500, ...(after === undefined ? {} : { after }) },
      { principal },
    );
    const ids = page.members.map(({ accountId }) => accountId);
    const accounts = await core.auth.account.lookup({ ids }, { principal: system });
    const online = await here.online(realm, ids);
    yield accounts
      .sort((one, other) => one.number - other.number)
      .map((account) => ({ ...account, online: online.has(account.id) }));
    after = page.next ?? undefined;
  } while (after !== undefined);
}
