import { Fault, notFound } from '@parley/contracts';
import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';
import { hashOfSecret } from '../invitation-secret.js';

export const joinOrganization =
  ({ organizations }: Deps): OrganizationCall<'join'> =>
  async ({ reference, secret }, { principal }) => {
    const { realm, accountId } = actorOf(principal);
    const organization = await organizations.find(realm, reference);
    if (organization === null) throw notFound('organization');
    const hash = secret === undefined ? null : hashOfSecret(secret);
    if (await organizations.addMember(organization, accountId, hash)) return organization;
    const found = await organizations.findFor(realm, reference, accountId);
    if (found?.isMember === true) {
      throw new Fault('conflict', 'already_member', 'You are a member of this organization already');
    }
    throw new Fault('forbidden', 'invitation_needed', 'Joining this organization needs an invitation');
  };
