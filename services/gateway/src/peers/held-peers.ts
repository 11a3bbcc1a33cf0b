import { deadlineIn } from '@parley/contracts';
import type { ConnectionId, GatewayId } from '@parley/contracts';
import type { Core } from '../core.js';
import { systemOf } from '../protocol/scopes.js';

const heldMax = 5_000;

/** The connections of a gateway that signaling holds as peers. */
export const heldPeers = async (core: Core, gatewayId: GatewayId, callMs: number): Promise<Set<ConnectionId>> => {
  const held = new Set<ConnectionId>();
  let after: ConnectionId | undefined;
  do {
    const input = { gatewayId, limit: heldMax, ...(after !== undefined && { after }) };
    const options = { principal: systemOf('main'), deadline: deadlineIn(callMs) };
    const page = await core.signaling.peer.listByGateway(input, options);
    for (const id of page) held.add(id);
    after = page.length === heldMax ? page.at(-1) : undefined;
  } while (after !== undefined);
  return held;
};
