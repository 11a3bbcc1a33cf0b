import type { ExecuteDeps, Handler } from '../deps.js';

export const joinOrganization =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'organization.join'> =>
  async ({ type, organization: reference, secret }, { principal }) => {
    const input = { reference, ...(secret !== undefined && { secret }) };
    return { type, organization: await core.signaling.organization.join(input, { principal }) };
  };
