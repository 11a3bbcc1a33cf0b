import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { MessageView, messageView } from '../message-shapes.js';
import { answers, ok } from './answers.js';
import { MessagePath } from './message-life.js';
import { MessagePage, Sequence, isOnePosition, messagePageView, placeOf } from './pages.js';
import { limit, numberBetween } from './queries.js';

const ThreadQuery = z
  .object({
    after: Sequence.optional(),
    before: numberBetween(1, Number.MAX_SAFE_INTEGER).optional(),
    around: Sequence.optional(),
    limit: limit(500, 50),
  })
  .refine(isOnePosition, { path: ['before'], error: 'Give one of after, before and around' });

/** `unread`: replies after `read`, the position of the account in this thread. */
export const ThreadPage = MessagePage.extend({ root: MessageView, unread: z.int(), read: z.int() });
export const ThreadRead = z.object({ sequence: z.int().min(0) });
export const ThreadPosition = z.object({ sequence: z.int(), unread: z.int() });

/** The replies of a thread, and how far the account has read them. */
export const threadRoutes = ({ core, execute }: RestDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/messages/:id/thread',
    operationId: 'listThread',
    summary: 'List the replies of the thread that begins with a message',
    access: 'account',
    params: MessagePath,
    query: ThreadQuery,
    responses: answers(ok('In ascending sequence; by default the last ones.', ThreadPage), 401, 403, 404, 422),
    async handle({ params, query, principal }) {
      const { accountId } = principal;
      const page = await core.chat.message.thread({ rootId: params.id, ...placeOf(query) }, { principal });
      const { root, unread, read } = page;
      return { body: { ...messagePageView(page, query, accountId), root: messageView(root, accountId), unread, read } };
    },
  }),
  route({
    method: 'put',
    path: '/v1/messages/:id/thread/read',
    operationId: 'recordThreadRead',
    summary: 'Record that the account has read a thread up to a sequence',
    access: 'account',
    params: MessagePath,
    repeatable: true,
    body: ThreadRead,
    responses: answers(ok('The position now, which never moves back.', ThreadPosition), 400, 401, 403, 404, 422),
    async handle({ params, body: { sequence }, principal, request }) {
      const command = { type: 'receipt.recordThread' as const, rootId: params.id, sequence };
      const { type: _type, ...position } = await execute(command, { principal, request });
      return { body: position };
    },
  }),
];
