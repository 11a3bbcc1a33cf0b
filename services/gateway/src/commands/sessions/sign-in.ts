import type { ExecuteDeps, Handler } from '../deps.js';

export const signIn =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'session.signIn'> =>
  async ({ type, ...credentials }, { principal }) => {
    const grant = await core.auth.token.signIn(credentials, { principal });
    return { type, grant };
  };
