import type { ExecuteDeps, Handler } from '../deps.js';
import { changeMessage } from './change-message.js';

export const deleteMessage =
  (deps: Pick<ExecuteDeps, 'core' | 'timings'>): Handler<'message.delete'> =>
  (command, caller) =>
    changeMessage(deps, command, caller, (input, call) => deps.core.chat.message.delete(input, call));
