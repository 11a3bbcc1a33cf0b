import type { Context, Target } from '@parley/contracts';
import { actorOf, viewerOf } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';
import {
  assertKnown,
  assertMayManage,
  assertMayRead,
  assertMayWrite,
  isWhole,
  pairOf,
  audienceOf,
} from '../domain/channel.js';
import type { Seen } from '../domain/channel.js';
import { openDirect } from './open-direct.js';

const rules = { read: assertMayRead, write: assertMayWrite, manage: assertMayManage };

/** The hot path: one query, unless a direct channel has yet to be made. Served without an async context, so it passes the deadline on. */
export const authorizeMember = (deps: Deps): MemberCall<'authorize'> => {
  const look = lookAt(deps);
  return async ({ target, to }, context) => {
    const seen = await look(target, context);
    assertKnown(seen);
    rules[to](seen);
    return { channel: seen.channel, role: seen.role, audience: audienceOf(seen) };
  };
};

const lookAt = (deps: Deps) => {
  const open = openDirect(deps);
  return async (target: Target, context: Context): Promise<Seen | null> => {
    const { deadline } = context;
    if ('channelId' in target)
      return deps.channels.find(viewerOf(context.principal), { id: target.channelId }, deadline);
    const actor = actorOf(context.principal);
    const seen = await deps.channels.findDirect(actor, pairOf(actor.accountId, target.directWith), deadline);
    if (seen !== null && isWhole(seen)) return seen;
    const { id } = await open({ with: target.directWith }, context);
    return deps.channels.find(actor, { id }, deadline);
  };
};
