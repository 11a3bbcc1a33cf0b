import { Fault, notFound } from '@parley/contracts';
import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';

export const joinOrganization =
  ({ organizations }: Deps): OrganizationCall<'join'> =>
  async ({ reference }, { principal }) => {
    const { realm, accountId } = actorOf(principal);
    const organization = await organizations.find(realm, reference);
    if (organization === null) throw notFound('organization');
    const isNew = await organizations.addMember(organization, accountId);
    if (!isNew) throw new Fault('conflict', 'already_member', 'You are a member of this organization already');
    return organization;
  };
