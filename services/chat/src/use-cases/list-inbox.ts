import { Fault, notFound, pageBytesMax } from '@parley/contracts';
import { refuseAnonymous } from '../domain/caller.js';
import type { Inbox } from '../store/inbox.js';
import type { Operation } from './operation.js';

export const listInbox =
  ({ inbox }: { readonly inbox: Inbox }): Operation<'inbox', 'list'> =>
  async ({ accountId, after, limit }, { principal }) => {
    refuseAnonymous(principal);
    if (principal.kind === 'account' && principal.accountId !== accountId) {
      throw new Fault('forbidden', 'not_own_inbox', 'An inbox is read by its own account only');
    }
    const page = await inbox.list({ realm: principal.realm, accountId, after, limit, bytesMax: pageBytesMax });
    if (page === null) throw notFound('account');
    return page;
  };
