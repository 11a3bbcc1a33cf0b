import { AccountId } from '@parley/contracts';
import type { AccountPrincipal, ChannelId } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { ChannelView, channelView } from '../shapes.js';
import { answers, ok } from './answers.js';
import { flag, limit, numberBetween } from './queries.js';
import { SummaryView, summariesOf } from './summaries.js';

export const NewDirect = z.object({ accountId: AccountId });
/** `name` is null when the account was deleted. In a note to oneself, the partner is the account itself. */
export const Partner = z.object({ id: AccountId, name: z.string().nullable() });
/** `position`: the sequence in the inbox that orders the list. */
export const DirectChannel = ChannelView.extend({
  partner: Partner,
  position: z.int(),
  ...SummaryView.partial().shape,
});
export const DirectPage = z.object({ directs: z.array(DirectChannel), next: z.int().nullable() });

export const directRoutes = (deps: RestDeps): Route[] => [openRoute(deps), listRoute(deps)];

const openRoute = (deps: RestDeps): Route =>
  route({
    method: 'post',
    path: '/v1/directs',
    operationId: 'openDirectChannel',
    summary: 'Open the direct channel with an account, created if it does not exist',
    access: 'account',
    body: NewDirect,
    responses: answers(ok('The direct channel.', ChannelView), 400, 401, 404, 422),
    async handle({ body, principal, request }) {
      const command = { type: 'channel.openDirect' as const, with: body.accountId };
      const { channel } = await deps.execute(command, { principal, request });
      return { body: channelView(channel) };
    },
  });

const listRoute = (deps: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/directs',
    operationId: 'listDirectChannels',
    summary: 'List the direct channels of the account, each with its partner',
    access: 'account',
    query: z.object({
      summary: flag.default(false),
      before: numberBetween(1, Number.MAX_SAFE_INTEGER).optional(),
      limit: limit(200, 50),
    }),
    responses: answers(
      ok(
        'Those with the newest message first; next is the `before` of the page that follows, null at the end. A channel with older messages appears on later pages again.',
        DirectPage,
      ),
      401,
      422,
    ),
    async handle({ query: { summary, before, limit: size }, principal }) {
      const input = { limit: size, ...(before !== undefined && { before }) };
      const { chats, next } = await deps.core.chat.inbox.chats(input, { principal });
      return { body: { directs: await directsOf(deps, chats, summary, principal), next } };
    },
  });

const directsOf = async (
  { core, system }: RestDeps,
  chats: readonly { readonly channelId: ChannelId; readonly sequence: number }[],
  summary: boolean,
  principal: AccountPrincipal,
): Promise<z.infer<typeof DirectChannel>[]> => {
  if (chats.length === 0) return [];
  const ids = chats.map(({ channelId }) => channelId);
  const [found, summaryOf] = await Promise.all([
    core.topics.channel.directs({ ids }, { principal }),
    summary
      ? summariesOf(
          core,
          ids.map((id) => ({ id })),
          principal,
        )
      : () => ({}),
  ]);
  const partnerIds = found.map(({ partnerId }) => partnerId);
  const accounts = await core.auth.account.lookup({ ids: partnerIds }, { principal: system });
  const names = new Map(accounts.map(({ id, name }) => [id, name]));
  const byId = new Map(found.map((each) => [each.channel.id, each]));
  return chats.flatMap(({ channelId, sequence: position }) => {
    const direct = byId.get(channelId);
    if (!direct) return [];
    const partner = { id: direct.partnerId, name: names.get(direct.partnerId) ?? null };
    return [{ ...channelView(direct.channel), partner, position, ...summaryOf(channelId) }];
  });
};
