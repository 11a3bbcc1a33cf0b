import { accountOf } from '../domain/caller.js';
import type { Messages } from '../store/messages.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly messages: Pick<Messages, 'pins'>;
}

export const listPins =
  ({ authorizer, messages }: Deps): Operation<'message', 'pins'> =>
  async ({ channelId }, { principal }) => {
    const account = accountOf(principal);
    await authorizer.authorize({ channelId }, 'read', account);
    return messages.pins(channelId, account.accountId);
  };
