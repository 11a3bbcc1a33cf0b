import { Fault } from '@parley/contracts';
import type { ExecuteDeps, Handler } from '../deps.js';

export const allocateAddress =
  ({ core: { signaling } }: Pick<ExecuteDeps, 'core'>): Handler<'address.allocate'> =>
  async ({ type, organization: reference, account }, { principal }) => {
    if (account !== undefined && account !== principal.number) {
      // A fault of the organization comes first, as on the old server.
      await signaling.organization.members({ reference, limit: 1 }, { principal });
      throw new Fault('forbidden', 'not_yourself', 'Can only allocate IP for yourself');
    }
    return { type, lease: await signaling.lease.allocate({ reference }, { principal }) };
  };
