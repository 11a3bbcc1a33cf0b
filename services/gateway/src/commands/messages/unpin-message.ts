import type { ExecuteDeps, Handler } from '../deps.js';
import { changeMessage } from './change-message.js';

export const unpinMessage =
  (deps: Pick<ExecuteDeps, 'core' | 'timings'>): Handler<'message.unpin'> =>
  (command, caller) =>
    changeMessage(deps, command, caller, (input, call) => deps.core.chat.message.unpin(input, call));
