import { Fault, notFound } from '@parley/contracts';
import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';

export const joinOrganization =
  ({ organizations }: Deps): OrganizationCall<'join'> =>
  async ({ reference }, { principal }) => {
    const { realm, accountId } = actorOf(principal);
    const organization = await organizations.find(realm, reference);
    if (organization === null) throw notFound('organization');
    if (await organizations.addMember(organization, accountId)) return organization;
    const found = await organizations.findFor(realm, reference, accountId);
    if (found?.isMember === true) {
      throw new Fault('conflict', 'already_member', 'You are a member of this organization already');
    }
    throw new Fault('forbidden', 'invitation_needed', 'Joining this organization needs an invitation');
  };
