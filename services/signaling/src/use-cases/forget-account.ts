import type { AccountId } from '@parley/contracts';
import type { Deps } from '../deps.js';

/** A deleted account leaves its organizations, gives its addresses back and is offline. Memberships first: without them it gets no new address. */
export const forgetAccount =
  ({ organizations, leases, announce }: Pick<Deps, 'organizations' | 'leases' | 'announce'>) =>
  async (realm: string, accountId: AccountId): Promise<void> => {
    await organizations.forget(realm, accountId);
    announce.offline(await leases.releaseAll(realm, accountId), 'released');
  };
