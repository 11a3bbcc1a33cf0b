import type { ExecuteDeps, Handler } from '../deps.js';

export const deleteOrganization =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'organization.delete'> =>
  async ({ type, organization: reference }, { principal }) => {
    await core.signaling.organization.delete({ reference }, { principal });
    return { type };
  };
