import { Fault } from '@parley/contracts';
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
    async handle({ params, principal, request }) {
      const organization = referenceOf(params.org_id);
      await deps.execute({ type: 'organization.leave', organization }, { principal, request });
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
    async handle({ params, principal, request }) {
      const organization = referenceOf(params.org_id);
      const account = Number(params.user_id);
      await deps.execute({ type: 'organization.removeMember', organization, account }, { principal, request });
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
    async handle({ params, principal, request }) {
      const organization = referenceOf(params.org_id);
      const command = { type: 'address.release' as const, organization, address: params.virtual_ip };
      const { released } = await deps.execute(command, { principal, request });
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
    async handle({ params, principal, request }) {
      const organization = referenceOf(params.org_id);
      await deps.execute({ type: 'organization.delete', organization }, { principal, request });
      return { body: { status: 'deleted' } };
    },
  }),
];
