import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';
import { ownOrganization } from './own-organization.js';

export const inviteAccount =
  (deps: Deps): OrganizationCall<'invite'> =>
  async ({ reference, accountId }, { principal }) => {
    const organization = await ownOrganization(deps, actorOf(principal), reference);
    await deps.organizations.invite(organization, accountId);
    return {};
  };
