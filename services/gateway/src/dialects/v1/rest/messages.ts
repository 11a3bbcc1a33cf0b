import { ClientId } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { ChannelSummaryView, MessageView, SendableContent, channelSummaryView, messageView } from '../shapes.js';
import { answers, ok } from './answers.js';
import { ChannelPath } from './channels.js';
import { limit, numberBetween } from './queries.js';

const Sequence = numberBetween(0, Number.MAX_SAFE_INTEGER);

export const NewMessage = z.object({ clientId: ClientId, content: SendableContent });
export const MessageReceipt = z.object({
  message: MessageView,
  inboxSequence: z.int().nullable(),
  repeated: z.boolean(),
});

export const MessagePage = z.object({
  messages: z.array(MessageView),
  more: z.boolean(),
  head: z.int(),
  floor: z.int(),
});

export const InboxEntry = z.object({ sequence: z.int(), channel: ChannelSummaryView, message: MessageView });
export const InboxPage = z.object({
  entries: z.array(InboxEntry),
  more: z.boolean(),
  head: z.int(),
  floor: z.int(),
});

const HistoryQuery = z
  .object({
    after: Sequence.optional(),
    before: numberBetween(1, Number.MAX_SAFE_INTEGER).optional(),
    limit: limit(500, 50),
  })
  .refine(({ after, before }) => after === undefined || before === undefined, {
    path: ['before'],
    error: 'Give either after or before',
  });

export const messageRoutes = (deps: RestDeps): Route[] => [sendRoute(deps), historyRoute(deps), inboxRoute(deps)];

const sendRoute = (deps: RestDeps): Route =>
  route({
    method: 'post',
    path: '/v1/channels/:id/messages',
    operationId: 'sendMessage',
    summary: 'Send a message; the same clientId again returns the first message',
    access: 'account',
    params: ChannelPath,
    repeatable: true,
    body: NewMessage,
    responses: answers(
      {
        ...ok('The message that was committed earlier under this clientId.', MessageReceipt),
        201: { description: 'The message, committed.', schema: MessageReceipt },
      },
      400,
      401,
      403,
      404,
      422,
      429,
    ),
    async handle({ params, body, principal, request }) {
      const command = { type: 'message.send' as const, target: { channelId: params.id }, ...body };
      const sent = await deps.execute(command, { principal, request });
      return {
        status: sent.repeated ? 200 : 201,
        body: {
          message: messageView(sent.message, principal.accountId),
          inboxSequence: sent.inboxSequence,
          repeated: sent.repeated,
        },
      };
    },
  });

const historyRoute = (deps: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/channels/:id/messages',
    operationId: 'listMessages',
    summary: 'List the messages of a channel by sequence',
    access: 'account',
    params: ChannelPath,
    query: HistoryQuery,
    responses: answers(
      ok('In ascending sequence: those after `after`, or the last ones before `before` or the end.', MessagePage),
      401,
      403,
      404,
      422,
    ),
    async handle({ params, query: { after, before, limit: size }, principal }) {
      const input = {
        channelId: params.id,
        limit: size,
        ...(after !== undefined && { after }),
        ...(before !== undefined && { before }),
      };
      const { messages, ...rest } = await deps.core.chat.message.list(input, { principal });
      return { body: { messages: messages.map((each) => messageView(each, principal.accountId)), ...rest } };
    },
  });

const inboxRoute = (deps: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/inbox',
    operationId: 'listInbox',
    summary: 'List the direct messages of the account in the order of its inbox',
    access: 'account',
    query: z.object({ after: Sequence.default(0), limit: limit(500, 100) }),
    responses: answers(ok('In ascending sequence of the inbox: those after `after`.', InboxPage), 401, 422),
    async handle({ query: { after, limit: size }, principal }) {
      const { accountId } = principal;
      const page = await deps.core.chat.inbox.list({ accountId, after, limit: size }, { principal });
      const entries = page.entries.map(({ sequence, channel, message }) => ({
        sequence,
        channel: channelSummaryView(channel),
        message: messageView(message, accountId),
      }));
      return { body: { ...page, entries } };
    },
  });
