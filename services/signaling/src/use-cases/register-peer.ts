import { actorOf } from '../caller.js';
import type { Deps, PeerCall } from '../deps.js';

export const registerPeer =
  ({ peers, announce, me }: Deps): PeerCall<'register'> =>
  async (input, context) => {
    const { realm } = actorOf(context.principal);
    const { id, number, handle, name, email } = await me(context);
    const registered = await peers.register({ ...input, realm, account: { id, number, handle, name }, email });
    const { peer, version, isNew, replaced } = registered;
    // In this order: both are called by the same name, and whoever heard the end last would forget the new one.
    if (replaced) announce.offline([replaced], 'replaced');
    if (isNew) announce.online({ realm, version, peer });
    return { peer, version };
  };
