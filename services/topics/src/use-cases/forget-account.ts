import type { AccountId } from '@parley/contracts';
import type { Deps } from '../deps.js';
import { forget } from '../domain/membership.js';
import { changeMembership } from './change-membership.js';

const batchSize = 100;

/** Ends all memberships of a deleted account, each in its own transaction. Idempotent. */
export const forgetAccount =
  (deps: Pick<Deps, 'members' | 'announce'>) =>
  async (realm: string, accountId: AccountId): Promise<void> => {
    for (;;) {
      const channelIds = await deps.members.channelsOf(realm, accountId, batchSize);
      for (const id of channelIds) await changeMembership(deps)({ realm, accountId }, id, accountId, forget);
      if (channelIds.length < batchSize) return;
    }
  };
