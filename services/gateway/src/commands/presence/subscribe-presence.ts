import { connectionOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'subscriptions'>;

export const subscribePresence =
  ({ subscriptions }: Deps): Handler<'presence.subscribe'> =>
  async ({ target }, caller) => ({
    type: 'presence.subscribe',
    snapshot: await subscriptions.subscribe(connectionOf(caller), target),
  });
