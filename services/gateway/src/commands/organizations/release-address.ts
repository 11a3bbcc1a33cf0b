import type { ExecuteDeps, Handler } from '../deps.js';

export const releaseAddress =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'address.release'> =>
  async ({ type, organization: reference, address }, { principal }) => {
    const { released } = await core.signaling.lease.release({ reference, address }, { principal });
    return { type, released };
  };
