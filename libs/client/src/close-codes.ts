import { ParleyError } from './parley-error.js';

export interface Ended {
  readonly code: number;
  readonly reason: string;
}

const codeOfClose = new Map([
  [4401, 'unauthenticated'],
  [4403, 'forbidden'],
  [4404, 'not_found'],
]);

/** What a close code of the protocol says about whoever was connected; null: nothing. docs/protocol-v1.md has the table. */
export const errorOfClose = ({ code, reason }: Ended): ParleyError | null => {
  const named = codeOfClose.get(code);
  return named ? new ParleyError(named, reason || 'refused', `The server closed the connection (${code})`) : null;
};

/** Whether connecting again with other tokens or later is of no use. */
export const isFinalClose = ({ code }: Ended): boolean => code === 4403 || code === 4404;

const policy = 1008;

/** Milliseconds to wait beyond the usual delay: the server closed because of what was sent. */
export const extraDelayMs = ({ code }: Ended): number => (code === policy ? 2_000 : 0);
