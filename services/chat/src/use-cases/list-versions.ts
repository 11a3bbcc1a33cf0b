import { accountOf } from '../domain/caller.js';
import { isModerator } from '../domain/message.js';
import { notModerator } from '../domain/refusals.js';
import type { Messages } from '../store/messages.js';
import { type FindDeps, findMessage } from './find-message.js';
import type { Operation } from './operation.js';

interface Deps extends FindDeps {
  readonly messages: Pick<Messages, 'locate' | 'versions'>;
}

export const listVersions =
  (deps: Deps): Operation<'message', 'versions'> =>
  async ({ messageId }, { principal }) => {
    const { message, authorization } = await findMessage(deps, { messageId }, 'read', accountOf(principal));
    if (!isModerator(authorization)) throw notModerator();
    return deps.messages.versions(message);
  };
