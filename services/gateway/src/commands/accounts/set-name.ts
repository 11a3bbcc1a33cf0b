import type { ExecuteDeps, Handler } from '../deps.js';

export const setName =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'account.setName'> =>
  async ({ type, name }, { principal }) => ({
    type,
    account: await core.auth.account.setName({ name }, { principal }),
  });
