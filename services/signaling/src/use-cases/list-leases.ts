import { actorOf } from '../caller.js';
import type { Deps, LeaseCall } from '../deps.js';
import { memberNetwork } from './own-organization.js';

export const listLeases =
  (deps: Deps): LeaseCall<'list'> =>
  async ({ reference, after, limit }, { principal }) => {
    const network = await memberNetwork(deps, actorOf(principal), reference);
    return deps.leases.list(network, after, limit);
  };
