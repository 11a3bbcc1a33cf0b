import { actorOf } from '../caller.js';
import type { Deps, LeaseCall } from '../deps.js';
import { memberNetwork } from './own-organization.js';

export const allocateAddress =
  (deps: Deps): LeaseCall<'allocate'> =>
  async ({ reference }, { principal }) => {
    const actor = actorOf(principal);
    const network = await memberNetwork(deps, actor, reference);
    return deps.leases.allocate(network, { accountId: actor.accountId, number: actor.number });
  };
