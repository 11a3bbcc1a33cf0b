import { deadlineIn } from '@parley/contracts';
import type { BusEvent, ChannelId, ChannelSnapshot, Scope } from '@parley/contracts';
import { channelScope, summaryOf } from '../../protocol/scopes.js';
import { connectionOf } from '../caller.js';
import type { CommandConnection } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'bus' | 'core' | 'timings' | 'clock'>;

const typedMax = 64;

/** Publishes that an account is typing, at most once in `typingMs` for each channel of a connection. */
export const startTyping = (deps: Deps): Handler<'typing.start'> => {
  const isDue = typingBudget(deps);
  return async ({ channelId }, caller) => {
    const connection = connectionOf(caller);
    if (isDue(connection, channelId)) {
      const { channel, audience } = await audienceOf(deps, connection, channelId);
      const { realm, principal, id: connectionId } = connection;
      const at = new Date().toISOString();
      const account = summaryOf(principal);
      const event: BusEvent = { name: 'typing.started', realm, channel, account, origin: { connectionId }, at };
      deps.bus.publish(event, audience);
    }
    return { type: 'typing.start' };
  };
};

const typingBudget = ({ timings, clock }: Deps) => {
  const typedAt = new WeakMap<CommandConnection, Map<ChannelId, number>>();
  return (connection: CommandConnection, channelId: ChannelId): boolean => {
    const now = clock();
    const typed = typedAt.get(connection) ?? new Map<ChannelId, number>();
    typedAt.set(connection, typed);
    if (now - (typed.get(channelId) ?? -Infinity) < timings.typingMs) return false;
    if (typed.size >= typedMax) typed.clear();
    typed.set(channelId, now);
    return true;
  };
};

const audienceOf = async (
  { core, timings }: Deps,
  { attached, principal }: CommandConnection,
  channelId: ChannelId,
): Promise<{ channel: ChannelSnapshot; audience: readonly Scope[] }> => {
  const known = attached.get(channelId);
  if (known) return { channel: known, audience: [channelScope(channelId)] };
  const options = { principal, deadline: deadlineIn(timings.callMs) };
  const { channel, audience } = await core.topics.member.authorize({ target: { channelId }, to: 'write' }, options);
  const { id, number, kind, slug, title, membershipVersion } = channel;
  return { channel: { id, number, kind, slug, title, membershipVersion }, audience };
};
