import { accountOf } from '../domain/caller.js';
import type { Inbox } from '../store/inbox.js';
import type { Operation } from './operation.js';

export const listChats =
  ({ inbox }: { readonly inbox: Pick<Inbox, 'chats'> }): Operation<'inbox', 'chats'> =>
  async (page, { principal }) => {
    const { realm, accountId } = accountOf(principal);
    return inbox.chats({ realm, accountId, ...page });
  };
