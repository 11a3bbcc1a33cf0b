import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'core'>;

/** Changes preferences; every gateway receives them as an event. */
export const setPreferences =
  ({ core }: Deps): Handler<'preferences.set'> =>
  async ({ type, sharesReceipts, invisible }, { principal }) => ({
    type,
    preferences: await core.auth.account.setPreferences({ sharesReceipts, invisible }, { principal }),
  });
