import { connectionOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'subscriptions'>;

export const unsubscribePresence =
  ({ subscriptions }: Deps): Handler<'presence.unsubscribe'> =>
  async ({ type, target }, caller) => {
    subscriptions.unsubscribe(connectionOf(caller), target);
    return { type };
  };
