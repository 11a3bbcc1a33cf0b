import { notFound } from '@parley/contracts';
import type { AccountId, AccountPrincipal } from '@parley/contracts';
import type { Request } from 'express';
import { z } from 'zod';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { isShown } from '../shared/shown-messages.js';
import * as shapes from './shapes.js';

const invalidToken = { 401: { description: 'Invalid token', schema: shapes.Detail } };
const MessagePath = z.object({ msgid: z.string() });
const ClientPath = z.object({ uuid: shapes.Uuid });

/** The status of direct messages, for their senders and recipients. The old server had no such routes. */
export const trackingRoutes = (deps: RestDeps): readonly Route[] => [statusRoute(deps), undeliveredRoute(deps)];

const statusRoute = (deps: RestDeps): Route =>
  route({
    method: 'get',
    path: '/messages/:msgid/status',
    operationId: 'getMessageStatus',
    summary:
      'Whether a direct message that this client sent or received is pending, delivered, acknowledged or skipped',
    access: 'anyone',
    params: MessagePath,
    query: shapes.MaybeToken,
    responses: {
      200: { description: 'OK', schema: shapes.MessageStatus },
      404: { description: 'Message not found', schema: shapes.Detail },
      ...invalidToken,
    },
    async handle({ params, query, request }) {
      const principal = await callerOf(deps, query.token, request);
      const reference = shapes.Uuid.safeParse(params.msgid);
      const states = reference.success
        ? await deps.core.chat.delivery.states({ reference: reference.data }, { principal })
        : [];
      const [newest] = states;
      if (!newest || !reference.success) throw notFound('message');
      const [recipient] = await deps.core.auth.account.lookup({ ids: [newest.accountId] }, { principal: deps.system });
      return {
        body: {
          msgid: reference.data,
          to: recipient?.handle ?? '',
          status: newest.state,
          timestamp: shapes.epochSeconds(Date.parse(newest.sentAt)),
        },
      };
    },
  });

const undeliveredRoute = (deps: RestDeps): Route =>
  route({
    method: 'get',
    path: '/clients/:uuid/undelivered',
    operationId: 'listUndelivered',
    summary: 'Direct messages that wait for a client: all for itself, for others those that they sent; the oldest 200',
    access: 'anyone',
    params: ClientPath,
    query: shapes.MaybeToken,
    responses: { 200: { description: 'OK', schema: shapes.Undelivered }, ...invalidToken },
    async handle({ params: { uuid }, query, request }) {
      const principal = await callerOf(deps, query.token, request);
      const accountId = await readerOf(deps, uuid, principal);
      const { entries, more } = accountId
        ? await deps.core.chat.delivery.undelivered({ accountId }, { principal })
        : { entries: [], more: false };
      const waiting = entries.filter(({ message }) => isShown(message));
      const messages = waiting.map(({ message }) => ({
        msgid: message.clientId?.split('/')[0] ?? message.id,
        from: message.sender.handle,
        timestamp: shapes.epochSeconds(Date.parse(message.sentAt)),
      }));
      return { body: { uuid, count: messages.length, more, messages } };
    },
  });

/** Of several accounts with one uuid the caller's own, else the one for which messages are stored. */
const readerOf = async (deps: RestDeps, handle: string, caller: AccountPrincipal): Promise<AccountId | undefined> => {
  if (handle === caller.handle) return caller.accountId;
  return (await deps.core.auth.account.find({ reference: { handle } }, { principal: deps.system }))?.id;
};

const callerOf = (deps: RestDeps, token: string | undefined, request: Request): Promise<AccountPrincipal> =>
  token === undefined ? deps.authentication.authenticate(request) : deps.authentication.authenticateToken(token);
