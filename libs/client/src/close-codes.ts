import { ParleyError } from './parley-error.js';
import type { ErrorCode } from './parley-error.js';

export interface Ended {
  readonly code: number;
  readonly reason: string;
}

const codeOfClose = new Map<number, ErrorCode>([
  [4401, 'unauthenticated'],
  [4403, 'forbidden'],
  [4404, 'not_found'],
]);

/** The error for a close code of the protocol; null when the code says nothing about the account. docs/protocol-v1.md has the table. */
export const errorOfClose = ({ code, reason }: Ended): ParleyError | null => {
  const named = codeOfClose.get(code);
  return named ? new ParleyError(named, reason || 'refused', `The server closed the connection (${code})`) : null;
};

/** Whether reconnecting cannot help, neither later nor with other tokens. */
export const isFinalClose = ({ code }: Ended): boolean => code === 4403 || code === 4404;

const policy = 1008;

/** Milliseconds to wait in addition to the usual delay, after a close that was caused by what the client sent. */
export const extraDelayMs = ({ code }: Ended): number => (code === policy ? 2_000 : 0);
