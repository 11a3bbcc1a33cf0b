import { type AccountId, Fault, type Principal, notFound, pageBytesMax } from '@parley/contracts';
import { refuseAnonymous } from '../domain/caller.js';
import type { Inbox } from '../store/inbox.js';
import type { Operation } from './operation.js';

export const listInbox =
  ({ inbox }: { readonly inbox: Inbox }): Operation<'inbox', 'list'> =>
  async ({ accountId, after, limit }, { principal }) => {
    refuseForeignInbox(accountId, principal);
    const page = await inbox.list({ realm: principal.realm, accountId, after, limit, bytesMax: pageBytesMax });
    if (page === null) throw notFound('account');
    return page;
  };

/** Accepts the account itself and Parley. */
export const refuseForeignInbox = (accountId: AccountId, principal: Principal): void => {
  refuseAnonymous(principal);
  if (principal.kind === 'account' && principal.accountId !== accountId) {
    throw new Fault('forbidden', 'not_own_inbox', 'An inbox is read by its own account only');
  }
};
