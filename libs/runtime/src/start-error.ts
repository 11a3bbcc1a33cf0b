import { ConfigError } from './config.js';

/** Why a process cannot start, as one sentence for its operator: no stack is printed for it. Holds no secret. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What to print about a start that failed: a sentence for what the operator can mend, and the stack of a fault of ours. */
export const startFailure = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error instanceof ConfigError || error instanceof StartError ? error.message : (error.stack ?? error.message);
};
