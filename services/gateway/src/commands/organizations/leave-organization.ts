import type { ExecuteDeps, Handler } from '../deps.js';

export const leaveOrganization =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'organization.leave'> =>
  async ({ type, organization: reference }, { principal }) => {
    await core.signaling.organization.removeMember({ reference }, { principal });
    return { type };
  };
