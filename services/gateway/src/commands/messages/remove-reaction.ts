import type { ExecuteDeps, Handler } from '../deps.js';
import { changeMessage } from './change-message.js';

export const removeReaction =
  (deps: Pick<ExecuteDeps, 'core' | 'timings'>): Handler<'message.unreact'> =>
  (command, caller) =>
    changeMessage(deps, command, caller, (input, call) =>
      deps.core.chat.message.unreact({ ...input, emoji: command.emoji }, call),
    );
