import type { CommandOf, ExecutedType, ResultOf } from '../protocol/command.js';
import type { CallerOf } from './caller.js';
import type { Handler } from './deps.js';

export type ExecutedCommand = CommandOf<ExecutedType>;

/** Runs a command of a frame or of a REST body. Throws a Fault that the dialect encodes. */
export type Execute = <T extends ExecutedType>(
  command: CommandOf<T> & { readonly type: T },
  caller: CallerOf<T>,
) => Promise<ResultOf<T>>;

/** The handler of each type of command. */
export type CommandHandlers = { readonly [T in ExecutedType]: Handler<T> };

/** The one way from a client to the services: each type of command has its handler in a file of its own. */
export const createExecute = (handlers: CommandHandlers): Execute => {
  const run = <T extends ExecutedType>(type: T, command: CommandOf<T>, caller: CallerOf<T>): Promise<ResultOf<T>> =>
    handlers[type](command, caller);
  return (command, caller) => run(command.type, command, caller);
};
