import { actorOf } from '../caller.js';
import type { Deps, LeaseCall } from '../deps.js';
import { memberNetwork } from './own-organization.js';

export const releaseAddress =
  (deps: Deps): LeaseCall<'release'> =>
  async ({ reference }, { principal }) => {
    const actor = actorOf(principal);
    const network = await memberNetwork(deps, actor, reference);
    const released = await deps.leases.release(network, actor.accountId);
    if (released === null) return { released: null };
    deps.announce.offline(released.gone, 'released');
    return { released: released.address };
  };
