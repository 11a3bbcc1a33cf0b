import type { AccountId } from '@parley/contracts';
import type { Deps } from '../deps.js';

/** Ends a deleted account's memberships, leases and peers. Memberships first: without them it cannot allocate another address. */
export const forgetAccount =
  ({ organizations, leases, announce }: Pick<Deps, 'organizations' | 'leases' | 'announce'>) =>
  async (realm: string, accountId: AccountId): Promise<void> => {
    await organizations.forget(realm, accountId);
    announce.offline(await leases.releaseAll(realm, accountId), 'released');
  };
