import type { ExecuteDeps, Handler } from '../deps.js';
import { changeMessage } from './change-message.js';

export const pinMessage =
  (deps: Pick<ExecuteDeps, 'core' | 'timings'>): Handler<'message.pin'> =>
  (command, caller) =>
    changeMessage(deps, command, caller, (input, call) => deps.core.chat.message.pin(input, call));
