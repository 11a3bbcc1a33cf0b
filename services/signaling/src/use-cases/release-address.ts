import { actorOf } from '../caller.js';
import type { Deps, LeaseCall } from '../deps.js';
import { assertOwner, networkOf, ownOrganization } from './own-organization.js';

export const releaseAddress =
  (deps: Deps): LeaseCall<'release'> =>
  async ({ reference, address }, { principal }) => {
    const actor = actorOf(principal);
    const organization = await ownOrganization(deps, actor, reference);
    const network = networkOf(organization);
    const holder = address === undefined ? actor.accountId : await deps.leases.holderOf(network, address);
    if (holder !== actor.accountId) await assertOwner(deps, organization, actor);
    const released = holder && (await deps.leases.release(network, holder));
    if (!released) return { released: null };
    deps.announce.offline(released.gone, 'released');
    return { released: released.address };
  };
