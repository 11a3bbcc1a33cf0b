import type { ExecuteDeps, Handler } from '../deps.js';

export const deleteAccount =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'account.delete'> =>
  async ({ type, password }, { principal }) => {
    await core.auth.account.delete({ password }, { principal });
    return { type };
  };
