import { AccountId } from '@parley/contracts';
import type { AccountPrincipal, Channel, ChannelId } from '@parley/contracts';
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
  deps: RestDeps,
  chats: readonly { readonly channelId: ChannelId; readonly sequence: number }[],
  summary: boolean,
  principal: AccountPrincipal,
): Promise<z.infer<typeof DirectChannel>[]> => {
  if (chats.length === 0) return [];
  const ids = chats.map(({ channelId }) => channelId);
  const [directs, summaryOf] = await Promise.all([
    partnersOf(deps, ids, principal),
    summary ? summariesOf(deps.core, ids, principal) : () => ({}),
  ]);
  return chats.flatMap(({ channelId, sequence: position }) => {
    const direct = directs.get(channelId);
    if (!direct) return [];
    return [{ ...channelView(direct.channel), partner: direct.partner, position, ...summaryOf(channelId) }];
  });
};

/** Those direct channels that the account is a member of, each with its partner, by id. */
export const partnersOf = async (
  { core, system }: Pick<RestDeps, 'core' | 'system'>,
  ids: readonly ChannelId[],
  principal: AccountPrincipal,
): Promise<ReadonlyMap<ChannelId, { channel: Channel; partner: z.infer<typeof Partner> }>> => {
  const found = await core.topics.channel.directs({ ids: [...ids] }, { principal });
  const partnerIds = [...new Set(found.map(({ partnerId }) => partnerId))];
  const options = { principal: { ...system, realm: principal.realm } };
  const accounts = partnerIds.length > 0 ? await core.auth.account.lookup({ ids: partnerIds }, options) : [];
  const names = new Map(accounts.map(({ id, name }) => [id, name]));
  return new Map(
    found.map(({ channel, partnerId: id }) => [channel.id, { channel, partner: { id, name: names.get(id) ?? null } }]),
  );
};
