import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';
import { ownOrganization } from './own-organization.js';

export const listMembers =
  (deps: Deps): OrganizationCall<'members'> =>
  async ({ reference, after, limit }, { principal }) => {
    const organization = await ownOrganization(deps, actorOf(principal), reference);
    return deps.organizations.members(organization.id, after, limit);
  };
