import { Fault, notFound, ShortNumber } from '@parley/contracts';
import type { AccountId } from '@parley/contracts';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { forMembers, ok, referenceOf } from './parts.js';
import * as shapes from './shapes.js';

/** Parley's own: the old server could not end a membership, an address or an organization. */
export const endingRoutes = (deps: RestDeps): readonly Route[] => [
  route({
    method: 'post',
    path: '/organizations/:org_id/leave',
    operationId: 'leaveOrganization',
    summary: 'Leave an organization and give the own address there back',
    access: 'account',
    params: shapes.OrganizationPath,
    responses: { ...ok(shapes.Ended), ...forMembers },
    async handle({ params, principal }) {
      await deps.core.signaling.organization.removeMember({ reference: referenceOf(params.org_id) }, { principal });
      return { body: { status: 'left' } };
    },
  }),
  route({
    method: 'delete',
    path: '/organizations/:org_id/members/:user_id',
    operationId: 'removeMember',
    summary: 'Remove a member; by the owner of the organization',
    access: 'account',
    params: shapes.MemberPath,
    responses: { ...ok(shapes.Ended), ...forMembers },
    async handle({ params, principal }) {
      const reference = referenceOf(params.org_id);
      // A fault of the organization comes first, so that callers who are not members learn nothing about users.
      await deps.core.signaling.organization.members({ reference, limit: 1 }, { principal });
      const accountId = await accountOf(deps, params.user_id);
      await deps.core.signaling.organization.removeMember({ reference, accountId }, { principal });
      return { body: { status: 'removed' } };
    },
  }),
  route({
    method: 'delete',
    path: '/organizations/:org_id/ips/:virtual_ip',
    operationId: 'releaseAddress',
    summary: 'Release an address: the own one, or any by the owner of the organization',
    access: 'account',
    params: shapes.AddressPath,
    responses: { ...ok(shapes.Ended), ...forMembers },
    async handle({ params, principal }) {
      const reference = referenceOf(params.org_id);
      const { released } = await deps.core.signaling.lease.release(
        { reference, address: params.virtual_ip },
        { principal },
      );
      if (released === null) throw new Fault('not_found', 'address_not_found', 'Nobody holds this address');
      return { body: { status: 'released' } };
    },
  }),
  route({
    method: 'delete',
    path: '/organizations/:org_id',
    operationId: 'deleteOrganization',
    summary: 'Delete an organization with its members and addresses; by its owner',
    access: 'account',
    params: shapes.OrganizationPath,
    responses: { ...ok(shapes.Ended), ...forMembers },
    async handle({ params, principal }) {
      await deps.core.signaling.organization.delete({ reference: referenceOf(params.org_id) }, { principal });
      return { body: { status: 'deleted' } };
    },
  }),
];

const accountOf = async ({ core, system }: RestDeps, userId: string): Promise<AccountId> => {
  const number = ShortNumber.safeParse(Number(userId));
  const reference = number.success && { number: number.data };
  const account = reference && (await core.auth.account.find({ reference }, { principal: system }));
  if (!account) throw notFound('member');
  return account.id;
};
