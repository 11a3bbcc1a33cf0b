import { AccountId, ChannelId, ChannelKind, NewSlug, NewTitle } from '@parley/contracts';
import type { AccountPrincipal, Channel } from '@parley/contracts';
import { z } from 'zod';
import { MetadataObject } from '../../shared/metadata.js';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { ChannelView, channelView } from '../shapes.js';
import { answers, created, ok } from './answers.js';
import { Partner, partnersOf } from './directs.js';
import { flag, limit, listOf, numberCursor } from './queries.js';
import { SummaryView, summariesOf } from './summaries.js';

export const ChannelPath = z.object({ id: ChannelId });

export const NewChannel = z
  .object({
    kind: z.enum(['room', 'group', 'topic']),
    title: NewTitle,
    slug: NewSlug.optional(),
    metadata: MetadataObject.optional(),
    memberIds: z.array(AccountId).max(500).optional(),
  })
  .refine(({ kind, slug }) => kind === 'topic' || slug === undefined, {
    path: ['slug'],
    error: 'Only topics have a slug',
  });

export const ChannelUpdate = z.object({ title: NewTitle });
/** With `summary=true`, what the account has of the channel. */
export const ListedChannel = ChannelView.extend(SummaryView.partial().shape);
/** `partner`: of a direct channel. */
export const OneChannel = ListedChannel.extend({ partner: Partner.optional() });
export const ChannelPage = z.object({ channels: z.array(ListedChannel), next: z.string().nullable() });

export const channelRoutes = (deps: RestDeps): Route[] => [...findRoutes(deps), ...changeRoutes(deps)];

const findRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/channels',
    operationId: 'listChannels',
    summary: 'List the channels that the account may see',
    access: 'account',
    query: z.object({
      kind: listOf(ChannelKind).default(['room', 'group', 'direct', 'topic']),
      joined: flag.default(false),
      /** Each channel with its last message and how many were not read. */
      summary: flag.default(false),
      cursor: numberCursor(1),
      limit: limit(200, 50),
    }),
    responses: answers(
      ok('Newest first; next is the cursor of the page that follows, null at the end.', ChannelPage),
      401,
      422,
    ),
    async handle({ query: { kind, joined, summary, cursor, limit: size }, principal }) {
      const input = { kinds: kind, joined, limit: size, ...(cursor !== undefined && { before: cursor }) };
      const { channels, next } = await deps.core.topics.channel.list(input, { principal });
      const summaryOf = summary
        ? await summariesOf(
            deps.core,
            channels.map(({ id }) => id),
            principal,
          )
        : () => ({});
      const listed = channels.map((channel) => ({ ...channelView(channel), ...summaryOf(channel.id) }));
      return { body: { channels: listed, next: next === null ? null : String(next) } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/channels/:id',
    operationId: 'getChannel',
    summary: 'Get a channel',
    access: 'account',
    params: ChannelPath,
    query: z.object({ summary: flag.default(false) }),
    responses: answers(ok('The channel.', OneChannel), 401, 404, 422),
    async handle({ params, query: { summary }, principal }) {
      const channel = await deps.core.topics.channel.get({ reference: params }, { principal });
      return { body: { ...channelView(channel), ...(summary && (await overviewOf(deps, channel, principal))) } };
    },
  }),
];

const overviewOf = async (deps: RestDeps, { id, kind }: Channel, principal: AccountPrincipal) => {
  const [summaryOf, directs] = await Promise.all([
    summariesOf(deps.core, [id], principal),
    kind === 'direct' ? partnersOf(deps, [id], principal) : null,
  ]);
  const direct = directs?.get(id);
  return { ...summaryOf(id), ...(direct && { partner: direct.partner }) };
};

const changeRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'post',
    path: '/v1/channels',
    operationId: 'createChannel',
    summary: 'Create a room, a group or a topic',
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
    operationId: 'renameChannel',
    summary: 'Rename a channel',
    access: 'account',
    params: ChannelPath,
    body: ChannelUpdate,
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
    operationId: 'closeChannel',
    summary: 'Close a channel to writing and joining',
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
