import { connectionOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

/** The answer is sent by `peers`, in the turn in which the connection joins its network. */
export const registerPeer =
  ({ peers }: Pick<ExecuteDeps, 'peers'>): Handler<'peer.register'> =>
  async (command, caller) => {
    await peers.register(connectionOf(caller), command, caller.requestId);
    return null;
  };
