import { type ChangeDeps, changeMessage } from './change-message.js';
import type { Operation } from './operation.js';

/** Also in a closed channel: a sender may always delete its own message. */
export const deleteMessage =
  (deps: ChangeDeps): Operation<'message', 'delete'> =>
  (input, context) =>
    changeMessage(deps, input, context, 'read', () => ({ kind: 'message.deleted' }));
