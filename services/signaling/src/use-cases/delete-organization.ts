import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';
import { assertOwner, ownOrganization } from './own-organization.js';

export const deleteOrganization =
  (deps: Deps): OrganizationCall<'delete'> =>
  async ({ reference }, { principal }) => {
    const actor = actorOf(principal);
    const organization = await ownOrganization(deps, actor, reference);
    await assertOwner(deps, organization, actor);
    deps.announce.offline(await deps.organizations.delete(organization), 'released');
    return {};
  };
