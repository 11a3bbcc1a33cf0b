import { notFound } from '@parley/contracts';
import { accountOf } from '../domain/caller.js';
import type { Messages } from '../store/messages.js';
import { type FindDeps, findMessage } from './find-message.js';
import type { Operation } from './operation.js';

interface Deps extends FindDeps {
  readonly messages: Pick<Messages, 'locate' | 'get'>;
}

export const getMessage =
  (deps: Deps): Operation<'message', 'get'> =>
  async (reference, { principal }) => {
    const account = accountOf(principal);
    const { message } = await findMessage(deps, reference, 'read', account);
    const found = await deps.messages.get(message, account.accountId);
    if (found === null) throw notFound('message');
    return found;
  };
