import type { ExecuteDeps, Handler } from '../deps.js';

export const refreshSession =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'session.refresh'> =>
  async ({ type, refreshToken }, { principal }) => {
    const grant = await core.auth.token.refresh({ refreshToken }, { principal });
    return { type, grant };
  };
