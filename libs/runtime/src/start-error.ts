import { ConfigError } from './config.js';

/** Why a process cannot start, as one sentence for its operator; printed without a stack. Holds no secret. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What to print about a failed start: a sentence for errors that the operator can fix, the stack for bugs. */
export const startFailure = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error instanceof ConfigError || error instanceof StartError ? error.message : (error.stack ?? error.message);
};
