import { deadlineIn, isFault } from '@parley/contracts';
import type { AccountPrincipal, ChannelId } from '@parley/contracts';
import { atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../caller.js';
import { visibilityOf } from '../../presence/visibility.js';
import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'core' | 'timings' | 'preferences' | 'receipts'>;

const directsMax = 50_000;

/** Moves the caller's positions in a channel forward, together with those of others; the answer has them as they are then. */
export const recordReceipt = (deps: Deps): Handler<'receipt.record'> => {
  const { core, timings, preferences, receipts } = deps;
  const authorize = createAuthorize(deps);
  return async ({ type, channelId, read = 0, delivered = 0 }, caller) => {
    const { principal } = caller;
    await authorize(caller, channelId);
    const shared = visibilityOf(preferences.of(principal)).receipts;
    const { realm, accountId } = principal;
    try {
      return { type, ...(await receipts.record(realm, { accountId, channelId, read, delivered, shared })) };
    } catch (error) {
      if (!isFault(error) || error.code !== 'unavailable') throw error;
      // Chat of the previous release records one position at a time, and knows `read` as `sequence`.
      const options = { principal, deadline: deadlineIn(timings.callMs) };
      const input = { channelId, sequence: read, read, delivered };
      const recorded = await core.chat.receipt.record(input, options);
      return { type, read: recorded.read ?? recorded.sequence, delivered: recorded.delivered ?? recorded.sequence };
    }
  };
};

/** Asks topics, except where the answer is known: the connection is attached, or the channel is direct, whose members never change. */
const createAuthorize = ({ core, timings }: Deps) => {
  const directs = new LRUCache<string, true>(atMost(directsMax));
  return async ({ principal, connection }: Caller<AccountPrincipal>, channelId: ChannelId): Promise<void> => {
    const key = `${principal.accountId} ${channelId}`;
    if (connection?.attached.has(channelId) || directs.has(key)) return;
    const options = { principal, deadline: deadlineIn(timings.callMs) };
    const { channel } = await core.topics.member.authorize({ target: { channelId }, to: 'read' }, options);
    if (channel.kind === 'direct') directs.set(key, true);
  };
};
