import { connectionOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'core' | 'tracker'>;

/** Sets the connection to online or away, or the account to invisible. */
export const setPresence =
  ({ core, tracker }: Deps): Handler<'presence.set'> =>
  async ({ type, state }, caller) => {
    const connection = connectionOf(caller);
    const { principal } = caller;
    if (state === 'invisible') await core.auth.account.setPreferences({ invisible: true }, { principal });
    else tracker.setAway(connection, state === 'away');
    return { type, state };
  };
