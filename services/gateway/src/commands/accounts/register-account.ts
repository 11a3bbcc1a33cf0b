import type { ExecuteDeps, Handler } from '../deps.js';

export const registerAccount =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'account.register'> =>
  async ({ type, person }, { principal }) => {
    const account = await core.auth.account.register({ kind: 'person', ...person }, { principal });
    return { type, account };
  };
