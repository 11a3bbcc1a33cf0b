import type { ExecuteDeps, Handler } from '../deps.js';

export const createOrganization =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'organization.create'> =>
  async ({ type, ...wish }, { principal }) => {
    const organization = await core.signaling.organization.create(wish, { principal });
    return { type, organization };
  };
