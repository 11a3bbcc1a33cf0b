import { AccountId, ChannelId, ChannelKind, Metadata, NewSlug, NewTitle } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { ChannelView, channelView } from '../shapes.js';
import { answers, created, ok } from './answers.js';
import { flag, limit, listOf, numberBetween } from './queries.js';

export const ChannelPath = z.object({ id: ChannelId });

const NewChannel = z
  .object({
    kind: z.enum(['room', 'group', 'topic']),
    title: NewTitle,
    slug: NewSlug.optional(),
    metadata: Metadata.optional(),
    memberIds: z.array(AccountId).max(500).optional(),
  })
  .refine(({ kind, slug }) => kind === 'topic' || slug === undefined, {
    path: ['slug'],
    error: 'Only topics have one',
  });

const ChannelPage = z.object({ channels: z.array(ChannelView), next: z.string().nullable() });

export const channelRoutes = (deps: RestDeps): Route[] => [...findRoutes(deps), ...changeRoutes(deps)];

const findRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/channels',
    summary: 'Channels that the account may see',
    access: 'account',
    query: z.object({
      kind: listOf(ChannelKind).default(['room', 'group', 'direct', 'topic']),
      joined: flag.default(false),
      cursor: numberBetween(1, 2_147_483_647).optional(),
      limit: limit(200, 50),
    }),
    responses: answers(
      ok('Newest first; next is the cursor of the page that follows, null at the end.', ChannelPage),
      401,
      422,
    ),
    async handle({ query: { kind, joined, cursor, limit: size }, principal }) {
      const input = { kinds: kind, joined, limit: size, ...(cursor !== undefined && { before: cursor }) };
      const { channels, next } = await deps.core.topics.channel.list(input, { principal });
      return { body: { channels: channels.map(channelView), next: next === null ? null : String(next) } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/channels/:id',
    summary: 'One channel',
    access: 'account',
    params: ChannelPath,
    responses: answers(ok('The channel.', ChannelView), 401, 404, 422),
    async handle({ params, principal }) {
      const channel = await deps.core.topics.channel.get({ reference: params }, { principal });
      return { body: channelView(channel) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/directs',
    summary: 'The direct channel with an account, made when it is not there',
    access: 'account',
    body: z.object({ accountId: AccountId }),
    responses: answers(ok('The direct channel.', ChannelView), 400, 401, 404, 422),
    async handle({ body, principal, request }) {
      const command = { type: 'channel.openDirect' as const, with: body.accountId };
      const { channel } = await deps.execute(command, { principal, request });
      return { body: channelView(channel) };
    },
  }),
];

const changeRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/channels',
    summary: 'Make a room, a group or a topic',
    access: 'account',
    repeatable: true,
    body: NewChannel,
    responses: answers(created('The channel; the account owns it.', ChannelView), 400, 401, 404, 409, 422),
    async handle({ body: { memberIds = [], ...wish }, principal, request }) {
      const members = memberIds.map((id) => ({ id }));
      const { channel } = await deps.execute({ type: 'channel.create', ...wish, members }, { principal, request });
      return { status: 201, body: channelView(channel) };
    },
  }),
  route({
    method: 'patch',
    path: '/v1/channels/:id',
    summary: 'Rename a channel',
    access: 'account',
    params: ChannelPath,
    body: z.object({ title: NewTitle }),
    responses: answers(ok('The channel as it is now.', ChannelView), 400, 401, 403, 404, 422),
    async handle({ params, body, principal, request }) {
      const command = { type: 'channel.rename' as const, channelId: params.id, title: body.title };
      const { channel } = await deps.execute(command, { principal, request });
      return { body: channelView(channel) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/channels/:id/close',
    summary: 'Close a channel: nobody writes or joins any more',
    access: 'account',
    params: ChannelPath,
    responses: answers(ok('The channel as it is now.', ChannelView), 401, 403, 404, 422),
    async handle({ params, principal, request }) {
      const command = { type: 'channel.close' as const, channelId: params.id };
      const { channel } = await deps.execute(command, { principal, request });
      return { body: channelView(channel) };
    },
  }),
];
