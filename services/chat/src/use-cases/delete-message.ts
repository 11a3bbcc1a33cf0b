import { type ChangeDeps, changeMessage } from './change-message.js';
import type { Operation } from './operation.js';

/** Also in a closed channel: whoever wrote something may take it back. */
export const deleteMessage =
  (deps: ChangeDeps): Operation<'message', 'delete'> =>
  (input, context) =>
    changeMessage(deps, input, context, 'read', () => ({ kind: 'message.deleted' }));
