import { actorOf } from '../caller.js';
import type { Deps, PeerCall } from '../deps.js';

export const registerPeer =
  ({ peers, announce, me }: Deps): PeerCall<'register'> =>
  async (input, context) => {
    const { realm } = actorOf(context.principal);
    const { id, number, handle, name, email } = await me(context);
    const registered = await peers.register({ ...input, realm, account: { id, number, handle, name }, email });
    const { peer, version, isNew, replaced } = registered;
    // In this order: both peers have the same label, so a subscriber that receives the end last would remove the new one.
    if (replaced) announce.offline([replaced], 'replaced');
    if (isNew) announce.online({ realm, version, peer });
    return { peer, version };
  };
