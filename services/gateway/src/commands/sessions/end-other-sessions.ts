import type { ExecuteDeps, Handler } from '../deps.js';

export const endOtherSessions =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'session.endOthers'> =>
  async ({ type }, { principal }) => {
    const { ended } = await core.auth.session.endOthers({}, { principal });
    return { type, ended };
  };
