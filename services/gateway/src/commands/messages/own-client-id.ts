import { createHash, randomUUID } from 'node:crypto';
import type { Caller } from '../caller.js';

/**
 * The client id of a message or a change whose client gave none. The same Idempotency-Key gives the same one, also where the response to the
 * first request was lost.
 */
export const ownClientId = ({ connection, requestKey }: Caller): string => {
  if (connection) return connection.nextClientId();
  if (requestKey === null) return randomUUID();
  return `key-${createHash('sha256').update(requestKey.header).digest('base64url')}`;
};
