import { AccountId, MemberRole } from '@parley/contracts';
import type { AccountPrincipal, Member } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { MemberView, NamedMemberView, memberView, namedMemberView } from '../shapes.js';
import { answers, done, noContent, ok } from './answers.js';
import { ChannelPath } from './channels.js';
import { limit } from './queries.js';

const MemberPath = ChannelPath.extend({ accountId: AccountId });
export const MemberUpdate = z.object({ role: MemberRole.optional() });
export const MemberPage = z.object({ members: z.array(NamedMemberView), next: z.string().nullable() });

export const memberRoutes = (deps: RestDeps): Route[] => [...ownRoutes(deps), listRoute(deps), ...manageRoutes(deps)];

const ownRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'put',
    path: '/v1/channels/:id/members/me',
    operationId: 'joinChannel',
    summary: 'Join a room or topic',
    access: 'account',
    params: ChannelPath,
    responses: answers(ok('The own membership.', MemberView), 401, 403, 404, 422),
    async handle({ params, principal, request }) {
      const command = { type: 'member.join' as const, channel: { channelId: params.id } };
      const { member } = await deps.execute(command, { principal, request });
      return { body: memberView(member) };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/channels/:id/members/me',
    operationId: 'leaveChannel',
    summary: 'Leave a channel',
    access: 'account',
    params: ChannelPath,
    responses: answers(done('Left.'), 401, 404, 422),
    async handle({ params, principal, request }) {
      await deps.execute({ type: 'member.leave', channel: { channelId: params.id } }, { principal, request });
      return noContent;
    },
  }),
];

const listRoute = (deps: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/channels/:id/members',
    operationId: 'listMembers',
    summary: 'List the members of a channel with their names',
    access: 'account',
    params: ChannelPath,
    query: z.object({ cursor: AccountId.optional(), limit: limit(200, 100) }),
    responses: answers(
      ok('By account id; next is the cursor of the page that follows, null at the end.', MemberPage),
      401,
      403,
      404,
      422,
    ),
    async handle({ params, query: { cursor, limit: size }, principal }) {
      const input = { channelId: params.id, limit: size, ...(cursor !== undefined && { after: cursor }) };
      const { members, next } = await deps.core.topics.member.list(input, { principal });
      return { body: { members: await named(deps, principal, members), next } };
    },
  });

const named = async (deps: RestDeps, principal: AccountPrincipal, members: readonly Member[]) => {
  const ids = members.map((member) => member.accountId);
  const system = { ...deps.system, realm: principal.realm };
  const accounts = ids.length > 0 ? await deps.core.auth.account.lookup({ ids }, { principal: system }) : [];
  const byId = new Map(accounts.map((account) => [account.id, account]));
  return members.map((member) => namedMemberView(member, byId.get(member.accountId)));
};

const manageRoutes = (deps: RestDeps): Route[] => [
  route({
    method: 'put',
    path: '/v1/channels/:id/members/:accountId',
    operationId: 'putMember',
    summary: 'Add a member, or change its role',
    access: 'account',
    params: MemberPath,
    body: MemberUpdate.optional(),
    responses: answers(ok('The membership as it is now.', MemberView), 400, 401, 403, 404, 409, 422),
    async handle({ params: { id: channelId, accountId }, body, principal, request }) {
      const command = { type: 'member.put' as const, channelId, accountId, role: body?.role };
      const { member } = await deps.execute(command, { principal, request });
      return { body: memberView(member) };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/channels/:id/members/:accountId',
    operationId: 'removeMember',
    summary: 'Remove a member',
    access: 'account',
    params: MemberPath,
    responses: answers(done('Removed.'), 401, 403, 404, 422),
    async handle({ params: { id: channelId, accountId }, principal, request }) {
      await deps.execute({ type: 'member.remove', channelId, accountId }, { principal, request });
      return noContent;
    },
  }),
];
