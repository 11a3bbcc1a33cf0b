import type { ExecuteDeps, Handler } from '../deps.js';
import { changeMessage } from './change-message.js';

export const addReaction =
  (deps: Pick<ExecuteDeps, 'core' | 'timings'>): Handler<'message.react'> =>
  (command, caller) =>
    changeMessage(deps, command, caller, (input, call) =>
      deps.core.chat.message.react({ ...input, emoji: command.emoji }, call),
    );
