import type { ExecuteDeps, Handler } from '../deps.js';

export const endSession =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'session.end'> =>
  async ({ type, sessionId }, { principal }) => {
    await core.auth.session.end(sessionId === null ? {} : { sessionId }, { principal });
    return { type };
  };
