import { accountOf } from '../domain/caller.js';
import type { Receipts } from '../store/receipts.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly receipts: Pick<Receipts, 'list'>;
}

export const listReceipts =
  ({ authorizer, receipts }: Deps): Operation<'receipt', 'list'> =>
  async ({ channelId, at }, { principal }) => {
    const account = accountOf(principal);
    await authorizer.authorize({ channelId }, 'read', account);
    return receipts.list({ realm: account.realm, channelId, at });
  };
