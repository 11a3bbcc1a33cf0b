import { ClientId, MessageId } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { MessageView, SendableContent, ThreadView, messageView, threadView } from '../message-shapes.js';
import { answers, ok } from './answers.js';
import { ChannelPath } from './channels.js';

export const NewMessage = z.object({
  clientId: ClientId,
  content: SendableContent,
  replyTo: MessageId.optional(),
  threadRoot: MessageId.optional(),
  alsoInChannel: z.boolean().optional(),
});
export const MessageReceipt = z.object({
  message: MessageView,
  inboxSequence: z.int().nullable(),
  repeated: z.boolean(),
  thread: ThreadView.nullable(),
});

export const sendRoutes = (deps: RestDeps): Route[] => [
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
      const { message, inboxSequence, repeated, thread } = await deps.execute(command, { principal, request });
      return {
        status: repeated ? 200 : 201,
        body: {
          message: messageView(message, principal.accountId),
          inboxSequence,
          repeated,
          thread: thread && threadView(thread),
        },
      };
    },
  }),
];
