import { notFound } from '@parley/contracts';
import { actorOf, notMember } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';

export const listMembers =
  ({ organizations }: Deps): OrganizationCall<'members'> =>
  async ({ reference, after, limit }, { principal }) => {
    const { realm, accountId } = actorOf(principal);
    const organization = await organizations.find(realm, reference);
    if (organization === null) throw notFound('organization');
    if (!(await organizations.isMember(organization.id, accountId))) throw notMember();
    return organizations.members(organization.id, after, limit);
  };
