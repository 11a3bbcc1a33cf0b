import type { ExecuteDeps, Handler } from '../deps.js';
import { changeMessage } from './change-message.js';

export const editMessage =
  (deps: Pick<ExecuteDeps, 'core' | 'timings'>): Handler<'message.edit'> =>
  (command, caller) =>
    changeMessage(deps, command, caller, (input, call) =>
      deps.core.chat.message.edit({ ...input, content: command.content }, call),
    );
