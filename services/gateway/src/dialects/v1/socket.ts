import type { Handshake, SocketAdapter } from '../../protocol/dialect.js';
import type { Credentials } from '../../protocol/command.js';
import { decode } from './decode.js';
import { encodeEvent, encodeFault, encodePresence, encodeResult } from './encode.js';
import { closeCodeOf } from './fault-table.js';
import { notification } from './rpc.js';

const bearer = /^Bearer +([^\s]+)\s*$/i;

/** A token in a URL ends up in logs and histories, so the query can only carry a ticket, which opens one socket once. */
const credentials = ({ headers, query }: Handshake): Credentials | null => {
  const token = bearer.exec(headers.authorization ?? '')?.[1];
  if (token !== undefined) return { kind: 'token', token };
  const ticket = query.get('ticket');
  if (!ticket) return null;
  const realm = query.get('realm');
  return { kind: 'ticket', ticket, ...(realm && { realm }) };
};

/** The one socket of this dialect. It opens without subscriptions: the client attaches and resumes the streams that it wants to receive. */
export const socket: SocketAdapter<null> = {
  match: (path) => (/^\/v1\/socket\/?$/.test(path) ? {} : null),
  credentials,
  firstFrameMayAuthenticate: true,
  tracksDelivery: 'for_senders',
  open: ({ principal: { accountId }, connectionId, expiresAt }) =>
    Promise.resolve({
      state: null,
      attach: [],
      greeting: [notification('session.opened', { connectionId, accountId, expiresAt })],
      announced: false,
    }),
  decode,
  encodeResult: (result, requestId, { principal }) => encodeResult(result, requestId, principal.accountId),
  encodeEvent,
  encodePresence,
  encodeFault,
  encodeGoaway: (notice) => notification('session.goaway', notice),
  close: (fault) => ({ code: closeCodeOf(fault), reason: fault.reason }),
};
