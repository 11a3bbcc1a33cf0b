import { accountOf } from '../domain/caller.js';
import type { Messages } from '../store/messages.js';
import { type FindDeps, findMessage } from './find-message.js';
import type { Operation } from './operation.js';

interface Deps extends FindDeps {
  readonly messages: Pick<Messages, 'locate' | 'reactions'>;
}

export const listReactions =
  (deps: Deps): Operation<'message', 'reactions'> =>
  async ({ messageId, emoji }, { principal }) => {
    const { message } = await findMessage(deps, { messageId }, 'read', accountOf(principal));
    return deps.messages.reactions(message, emoji ?? null);
  };
