import { type AccountPrincipal, notFound, pageBytesMax } from '@parley/contracts';
import type { MessageId } from '@parley/contracts';
import { accountOf } from '../domain/caller.js';
import type { Located, Messages } from '../store/messages.js';
import { type FindDeps, findMessage } from './find-message.js';
import { refuseSeveralPlaces } from './list-messages.js';
import type { Operation } from './operation.js';

interface Deps extends FindDeps {
  readonly messages: Pick<Messages, 'locate' | 'get' | 'list' | 'threadPosition' | 'recordThread'>;
}

export const listThread =
  (deps: Deps): Operation<'message', 'thread'> =>
  async ({ rootId, ...position }, { principal }) => {
    const account = accountOf(principal);
    refuseSeveralPlaces(position);
    const root = await findRoot(deps, rootId, account);
    const { realm, accountId } = account;
    const range = { realm, channelId: root.channelId, reader: accountId, rootSequence: root.sequence, ...position };
    // The root and the position come last: they show at least what the page shows.
    const page = await deps.messages.list({ ...range, bytesMax: pageBytesMax });
    const [message, read] = await Promise.all([
      deps.messages.get(root, accountId),
      deps.messages.threadPosition(root, accountId),
    ]);
    if (page === null || message === null) throw notFound('message');
    return { ...page, root: message, ...read };
  };

export const recordThread =
  (deps: Deps): Operation<'receipt', 'recordThread'> =>
  async ({ rootId, sequence }, { principal }) => {
    const account = accountOf(principal);
    const root = await findRoot(deps, rootId, account);
    await deps.messages.recordThread(root, account.accountId, sequence);
    const { read, unread } = await deps.messages.threadPosition(root, account.accountId);
    return { sequence: read, unread };
  };

/** A message that belongs to a thread is not the root of one. */
const findRoot = async (deps: Deps, messageId: MessageId, account: AccountPrincipal): Promise<Located> => {
  const { message } = await findMessage(deps, { messageId }, 'read', account);
  if (message.threadRoot !== null) throw notFound('message');
  return message;
};
