import { notFound } from '@parley/contracts';
import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';
import { assertOwner, ownOrganization } from './own-organization.js';

export const removeMember =
  (deps: Deps): OrganizationCall<'removeMember'> =>
  async ({ reference, accountId }, { principal }) => {
    const actor = actorOf(principal);
    const organization = await ownOrganization(deps, actor, reference);
    const leaver = accountId ?? actor.accountId;
    if (leaver !== actor.accountId) await assertOwner(deps, organization, actor);
    const gone = await deps.organizations.removeMember(organization, leaver);
    if (gone === null) throw notFound('member');
    deps.announce.offline(gone, 'released');
    return {};
  };
