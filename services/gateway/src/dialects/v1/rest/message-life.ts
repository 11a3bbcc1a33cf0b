import { AccountId, ClientId, Emoji, MessageId, Timestamp } from '@parley/contracts';
import { z } from 'zod';
import type { CommandOf } from '../../../protocol/command.js';
import type { ChangeType } from '../../../protocol/message-command.js';
import type { RestCall, RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route, RouteSpec } from '../../../protocol/routes.js';
import { EntryView, entryView } from '../entry-shapes.js';
import {
  ContentView,
  MessageView,
  SenderView,
  SendableContent,
  contentView,
  messageView,
  senderView,
} from '../message-shapes.js';
import { answers, ok } from './answers.js';

export const MessagePath = z.object({ id: MessageId });
const ReactionPath = MessagePath.extend({ emoji: Emoji });
/** Left out, it is made of the Idempotency-Key, or random. */
const ChangeQuery = z.object({ clientId: ClientId.optional() });

export const MessageUpdate = z.object({ clientId: ClientId.optional(), content: SendableContent });
export const MessageChange = z.object({
  entry: EntryView,
  inboxSequence: z.int().nullable(),
  repeated: z.boolean(),
});
export const MessageVersion = z.object({ content: ContentView, actor: SenderView, at: Timestamp });
/** `name` null: the account was deleted. */
export const MessageReaction = z.object({
  emoji: Emoji,
  account: z.object({ id: AccountId, name: z.string().nullable() }),
});
export const MessageReactions = z.object({ reactions: z.array(MessageReaction) });
export const MessageVersions = z.object({ versions: z.array(MessageVersion) });

/** One message: its current form, its versions, and what changes it. */
export const messageLifeRoutes = (deps: RestDeps): Route[] => [
  getRoute(deps),
  versionsRoute(deps),
  reactionsRoute(deps),
  editRoute(deps),
  deleteRoute(deps),
  reactionRoute(deps, 'put'),
  reactionRoute(deps, 'delete'),
  pinRoute(deps, 'put'),
  pinRoute(deps, 'delete'),
];

const getRoute = ({ core }: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/messages/:id',
    operationId: 'getMessage',
    summary: 'Get a message in its current form',
    access: 'account',
    params: MessagePath,
    responses: answers(ok('The message; a tombstone if it was deleted.', MessageView), 401, 403, 404, 422),
    async handle({ params, principal }) {
      const message = await core.chat.message.get({ messageId: params.id }, { principal });
      return { body: messageView(message, principal.accountId) };
    },
  });

const versionsRoute = ({ core }: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/messages/:id/versions',
    operationId: 'listMessageVersions',
    summary: 'List the forms that a message had, for owners and admins of its channel',
    access: 'account',
    params: MessagePath,
    responses: answers(ok('Oldest first; the current form is the last.', MessageVersions), 401, 403, 404, 422),
    async handle({ params, principal }) {
      const versions = await core.chat.message.versions({ messageId: params.id }, { principal });
      return {
        body: {
          versions: versions.map(({ content, actor, at }) => ({
            content: contentView(content, principal.accountId),
            actor: senderView(actor),
            at,
          })),
        },
      };
    },
  });

const reactionsRoute = ({ core, system }: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/messages/:id/reactions',
    operationId: 'listReactions',
    summary: 'List who reacted to a message',
    access: 'account',
    params: MessagePath,
    query: z.object({ emoji: Emoji.optional() }),
    responses: answers(
      ok('In the order of the reactions, at most 500; with `emoji`, those of this one.', MessageReactions),
      401,
      403,
      404,
      422,
    ),
    async handle({ params: { id: messageId }, query: { emoji }, principal }) {
      const input = { messageId, ...(emoji !== undefined && { emoji }) };
      const reactions = await core.chat.message.reactions(input, { principal });
      const ids = [...new Set(reactions.map(({ accountId }) => accountId))];
      const caller = { principal: { ...system, realm: principal.realm } };
      const profiles = ids.length === 0 ? [] : await core.auth.account.lookup({ ids }, caller);
      const names = new Map(profiles.map(({ id, name }) => [id, name]));
      const named = (id: AccountId) => ({ id, name: names.get(id) ?? null });
      return { body: { reactions: reactions.map((each) => ({ emoji: each.emoji, account: named(each.accountId) })) } };
    },
  });

const editRoute = (deps: RestDeps): Route =>
  route({
    method: 'patch',
    path: '/v1/messages/:id',
    operationId: 'editMessage',
    summary: 'Replace the text of one of your own messages',
    access: 'account',
    params: MessagePath,
    repeatable: true,
    body: MessageUpdate,
    responses: changed('The edit, committed.', 400),
    handle: ({ params, body: { clientId = null, content }, principal, request }) =>
      change(deps, { type: 'message.edit', messageId: params.id, clientId, content }, { principal, request }),
  });

const deleteRoute = (deps: RestDeps): Route =>
  route({
    method: 'delete',
    path: '/v1/messages/:id',
    operationId: 'deleteMessage',
    summary: 'Delete a message: your own, or any as an owner or admin of the channel',
    access: 'account',
    params: MessagePath,
    query: ChangeQuery,
    repeatable: true,
    responses: changed('The deletion, committed: the text is nowhere any more.'),
    handle: ({ params, query: { clientId = null }, principal, request }) =>
      change(deps, { type: 'message.delete', messageId: params.id, clientId }, { principal, request }),
  });

const reactionRoute = (deps: RestDeps, method: 'put' | 'delete'): Route =>
  route({
    method,
    path: '/v1/messages/:id/reactions/:emoji',
    operationId: method === 'put' ? 'addReaction' : 'removeReaction',
    summary: method === 'put' ? 'React to a message with an emoji' : 'Remove your own reaction from a message',
    access: 'account',
    params: ReactionPath,
    query: ChangeQuery,
    repeatable: true,
    responses: changed('The change, committed.'),
    handle: ({ params: { id, emoji }, query: { clientId = null }, principal, request }) => {
      const type = method === 'put' ? ('message.react' as const) : ('message.unreact' as const);
      return change(deps, { type, messageId: id, emoji, clientId }, { principal, request });
    },
  });

const pinRoute = (deps: RestDeps, method: 'put' | 'delete'): Route =>
  route({
    method,
    path: '/v1/messages/:id/pin',
    operationId: method === 'put' ? 'pinMessage' : 'unpinMessage',
    summary:
      method === 'put'
        ? 'Pin a message: owners and admins of the channel, and both participants of a direct channel'
        : 'Unpin a message',
    access: 'account',
    params: MessagePath,
    query: ChangeQuery,
    repeatable: true,
    responses: changed('The change, committed.'),
    handle: ({ params, query: { clientId = null }, principal, request }) => {
      const type = method === 'put' ? ('message.pin' as const) : ('message.unpin' as const);
      return change(deps, { type, messageId: params.id, clientId }, { principal, request });
    },
  });

const changed = (
  description: string,
  ...more: 400[]
): RouteSpec<undefined, undefined, undefined, 'anyone'>['responses'] =>
  answers(
    ok(`${description} With \`repeated\`, it had been made before.`, MessageChange),
    ...more,
    401,
    403,
    404,
    409,
    422,
  );

const change = async ({ execute }: RestDeps, command: CommandOf<ChangeType>, call: RestCall) => {
  const { entry, inboxSequence, repeated } = await execute(command, call);
  return { body: { entry: entryView(entry, call.principal.accountId), inboxSequence, repeated } };
};
