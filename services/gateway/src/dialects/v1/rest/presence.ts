import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { z } from 'zod';
import {
  Preferences,
  PreferencesUpdate,
  Presence,
  ReceiptList,
  ReceiptPositions,
  ReceiptUpdate,
} from '../presence-shapes.js';
import { answers, ok } from './answers.js';
import { ChannelPath } from './channels.js';
import { numberBetween } from './queries.js';

export const presenceRoutes = (deps: RestDeps): Route[] => [
  presenceRoute(deps),
  ...receiptRoutes(deps),
  ...preferenceRoutes(deps),
];

const presenceRoute = (deps: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/channels/:id/presence',
    operationId: 'getPresence',
    summary: 'Get who of a channel is online, away or offline',
    access: 'account',
    params: ChannelPath,
    responses: answers(ok('Every member up to 100; above that, the counts only.', Presence), 401, 403, 404, 409, 422),
    handle: async ({ params, principal }) => ({ body: await deps.presence.ofChannel(params.id, principal) }),
  });

const receiptRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'put',
    path: '/v1/channels/:id/receipt',
    operationId: 'recordReceipt',
    summary: 'Record how far the account has read and received a channel',
    access: 'account',
    params: ChannelPath,
    body: ReceiptUpdate,
    responses: answers(
      ok('The positions as they are now; they never move back.', ReceiptPositions),
      400,
      401,
      403,
      404,
      422,
    ),
    async handle({ params, body, principal, request }) {
      const command = { type: 'receipt.record' as const, channelId: params.id, ...body };
      const { read, delivered } = await deps.execute(command, { principal, request });
      return { body: { read, delivered } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/channels/:id/receipts',
    operationId: 'listReceipts',
    summary: 'List how far the accounts of a channel have read and received it',
    access: 'account',
    params: ChannelPath,
    query: z.object({ at: numberBetween(1, Number.MAX_SAFE_INTEGER).optional() }),
    responses: answers(
      ok('Up to 100 accounts that share their positions; with `at`, how many have read and received it.', ReceiptList),
      401,
      403,
      404,
      422,
    ),
    async handle({ params, query: { at }, principal }) {
      const input = { channelId: params.id, ...(at !== undefined && { at }) };
      return { body: await deps.core.chat.receipt.list(input, { principal }) };
    },
  }),
];

const preferenceRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/me/preferences',
    operationId: 'getPreferences',
    summary: 'Get the own preferences',
    access: 'account',
    responses: answers(ok('The preferences.', Preferences), 401),
    handle: async ({ principal }) => ({ body: (await deps.core.auth.account.me({}, { principal })).preferences }),
  }),
  route({
    method: 'put',
    path: '/v1/me/preferences',
    operationId: 'setPreferences',
    summary: 'Change the own preferences',
    access: 'account',
    body: PreferencesUpdate,
    responses: answers(ok('All preferences as they are now.', Preferences), 400, 401, 422),
    async handle({ body, principal, request }) {
      const { preferences } = await deps.execute({ type: 'preferences.set', ...body }, { principal, request });
      return { body: preferences };
    },
  }),
];
