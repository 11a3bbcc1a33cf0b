import { Fault, deadlineIn } from '@parley/contracts';
import type { AccountId, ChannelId, Realm } from '@parley/contracts';
import pLimit from 'p-limit';
import type { Core } from '../core.js';
import { systemOf } from '../protocol/scopes.js';

const pageMax = 500;
/** A larger channel has no presence. */
const membersMax = 50_000;
const readsMax = 4;
const deadlineMs = 5_000;

/** Reads all members of a channel from topics; `exhausted` `channel_too_large` beyond 50,000. */
export const createMembersReader = (core: Pick<Core, 'topics'>) => {
  const reads = pLimit(readsMax);
  return (realm: Realm, channelId: ChannelId): Promise<Set<AccountId>> =>
    reads(async () => {
      const members = new Set<AccountId>();
      type Page = Awaited<ReturnType<Core['topics']['member']['list']>>;
      for (let after: AccountId | null | undefined; after !== null;) {
        const input = { channelId, limit: pageMax, ...(after !== undefined && { after }) };
        const options = { principal: systemOf(realm), deadline: deadlineIn(deadlineMs) };
        const page: Page = await core.topics.member.list(input, options);
        for (const { accountId } of page.members) members.add(accountId);
        if (members.size > membersMax) {
          throw new Fault('exhausted', 'channel_too_large', 'This channel has too many members for presence');
        }
        after = page.next;
      }
      return members;
    });
};
