import { creationKeyOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

export const invite =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'organization.invite'> =>
  async ({ type, organization: reference }, caller) => {
    const input = { reference, creationKey: creationKeyOf(caller) };
    const invitation = await core.signaling.organization.invite(input, { principal: caller.principal });
    return { type, ...invitation };
  };
