import type { ExecuteDeps, Handler } from '../deps.js';

export const invite =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'organization.invite'> =>
  async ({ type, organization: reference }, { principal }) => {
    const invitation = await core.signaling.organization.invite({ reference }, { principal });
    return { type, ...invitation };
  };
