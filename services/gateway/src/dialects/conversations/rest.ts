import { Fault, isFault } from '@parley/contracts';
import type { AccountId, AccountPrincipal, Channel, ChannelId } from '@parley/contracts';
import type { Request } from 'express';
import { z } from 'zod';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { historyPages, streamedArray } from '../shared/json-stream.js';
import { conversationOf, kinds, numberOf } from './conversation.js';
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

const userRoutes = ({ core, execute, anonymous, authentication }: RestDeps): readonly Route[] => {
  const signIn = async (request: Request, login: string, password: string): Promise<z.output<typeof shapes.Tokens>> => {
    const command = { type: 'session.signIn' as const, login, by: 'either' as const, password };
    const { grant } = await execute(command, { principal: anonymous, request });
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
        return { body: await authentication.guardSignIn(request, username, () => signIn(request, username, password)) };
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
      async handle({ body: { first_name: firstName, last_name: lastName, ...body }, request }) {
        const person = { ...body, firstName, lastName };
        await execute({ type: 'account.register', person }, { principal: anonymous, request });
        return { body: await signIn(request, body.username, body.password) };
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
  const { core, execute, system } = deps;
  return [
    route({
      method: 'post',
      path: '/conversations',
      operationId: 'createConversation',
      summary: 'Start a conversation between the caller and others',
      access: 'account',
      repeatable: true,
      body: shapes.NewConversation,
      responses: {
        ...created(shapes.Conversation),
        ...unauthenticated,
        404: { description: 'User with ID <n> not found', schema: shapes.Detail },
      },
      async handle({ body, principal, request }) {
        const members = body.participant_ids.map((number) => ({ number }));
        const command = { type: 'channel.create' as const, kind: 'group' as const, title: body.title, members };
        const { channel } = await execute(command, { principal, request });
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

const messageRoutes = ({ core, execute, system }: RestDeps): readonly Route[] => [
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
      const content = { type: 'text' as const, text: body.content };
      const target = { number: numberOf(params.conversation_id), kinds };
      const command = { type: 'message.send' as const, target, clientId: null, content };
      const { message, channel } = await execute(command, { principal, request }).catch(asSpeaker);
      return { status: 201, body: shapes.toItem(channel, message) };
    },
  }),
];

/** For a caller who may not even read, returns the error for sending, as the old server did. */
const asSpeaker = (error: unknown): never => {
  if (!isFault(error) || (error.reason !== 'not_member' && error.reason !== 'barred')) throw error;
  throw new Fault('forbidden', 'not_participant', 'You must be a participant to send messages', { cause: error });
};

type Core = RestDeps['core'];

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
  { core, system, presence, realm }: RestDeps,
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
    const online = await presence.online(realm, ids);
    yield accounts
      .sort((one, other) => one.number - other.number)
      .map((account) => ({ ...account, online: online.has(account.id) }));
    after = page.next ?? undefined;
  } while (after !== undefined);
}
