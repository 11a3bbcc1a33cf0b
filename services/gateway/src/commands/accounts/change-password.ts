import type { ExecuteDeps, Handler } from '../deps.js';

export const changePassword =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'account.changePassword'> =>
  async ({ type, ...passwords }, { principal }) => {
    await core.auth.account.changePassword(passwords, { principal });
    return { type };
  };
