import type { AccountId, Channel, Context } from '@parley/contracts';
import { actorOf } from '../caller.js';
import type { Deps } from '../deps.js';
import { isWhole, pairOf } from '../domain/channel.js';
import { mayCreate } from '../domain/limits.js';

/** Both accounts may call this concurrently: the database makes one channel, and one of the calls publishes it. */
export const openDirect =
  ({ channels, accounts, announce, limits }: Deps) =>
  async ({ with: partnerId }: { readonly with: AccountId }, context: Context): Promise<Channel> => {
    const { realm, accountId } = actorOf(context.principal);
    const pair = pairOf(accountId, partnerId);
    const seen = await channels.findDirect({ realm, accountId }, pair, context.deadline);
    if (seen !== null && isWhole(seen)) return seen.channel;
    await accounts.assertExist([partnerId], context);
    const { channel, members } = await channels.openDirect(
      { realm, pair, createdBy: accountId },
      mayCreate(limits.channelsPerAccountMax),
      context.deadline,
    );
    announce.created(channel, members);
    return channel;
  };
