import { creationKeyOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

export const createOrganization =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'organization.create'> =>
  async ({ type, ...wish }, caller) => {
    const input = { ...wish, creationKey: creationKeyOf(caller) };
    const organization = await core.signaling.organization.create(input, { principal: caller.principal });
    return { type, organization };
  };
