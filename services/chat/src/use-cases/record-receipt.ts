import { accountOf } from '../domain/caller.js';
import type { Receipts } from '../store/receipts.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly receipts: Receipts;
}

export const recordReceipt =
  ({ authorizer, receipts }: Deps): Operation<'receipt', 'record'> =>
  async ({ channelId, sequence }, { principal }) => {
    const { realm, accountId } = accountOf(principal);
    await authorizer.authorize({ channelId }, 'read', accountOf(principal));
    return { sequence: await receipts.record({ realm, accountId, channelId, sequence }) };
  };
