import type { Fault, FaultCode } from '@parley/contracts';

/** How this dialect presents a fault of each code; REST, the socket and docs/errors.md all follow this one table. */
export const faultTable: Readonly<Record<FaultCode, { status: number; title: string; rpc: number; close: number }>> = {
  invalid: { status: 422, title: 'The request is not valid', rpc: -32602, close: 1008 },
  unauthenticated: { status: 401, title: 'Authentication is needed', rpc: -32001, close: 4401 },
  forbidden: { status: 403, title: 'Not allowed', rpc: -32003, close: 4403 },
  not_found: { status: 404, title: 'Not found', rpc: -32004, close: 4404 },
  conflict: { status: 409, title: 'In conflict with what is there', rpc: -32009, close: 1008 },
  exhausted: { status: 409, title: 'Nothing left to give', rpc: -32010, close: 1013 },
  rate_limited: { status: 429, title: 'Too much at once', rpc: -32029, close: 1008 },
  unavailable: { status: 503, title: 'Not available right now', rpc: -32053, close: 1013 },
  internal: { status: 500, title: 'Something went wrong on our side', rpc: -32603, close: 1011 },
};

/** Every code with which the server closes a socket: when it does, and what a client does then. docs/protocol-v1.md has the same rows. */
export const closeTable: Readonly<Record<number, { readonly when: string; readonly client: string }>> = {
  1008: {
    when: 'policy: too many frames or bad ones',
    client: 'wait (start at a few seconds), connect again, send less',
  },
  1009: { when: 'a frame was too big', client: 'do not send that frame again; connect again' },
  1011: { when: 'a fault of the server', client: 'connect again with backoff, resume' },
  1012: { when: 'the server restarts', client: 'connect again after `reconnectAfterMs` or with jitter, resume' },
  1013: { when: 'overloaded, or you read too slowly', client: 'connect again with backoff, resume' },
  4401: {
    when: 'not (or no longer) authenticated',
    client: 'get a new access token by refresh; when that fails, sign in. Then connect again',
  },
  4403: { when: 'forbidden', client: 'do not connect again' },
  4404: { when: 'not found', client: 'do not connect again' },
  4408: { when: 'the first frame did not come in time', client: 'connect again' },
};

// Reasons for which HTTP, JSON-RPC or WebSocket has a more specific code than the fault's code.
const statusByReason = new Map([
  ['bad_json', 400],
  ['bad_encoding', 400],
  ['bad_request', 400],
  ['bad_path', 400],
  ['method_not_allowed', 405],
  ['too_large', 413],
  ['unsupported_media_type', 415],
]);
const rpcByReason = new Map([
  ['bad_json', -32700],
  ['invalid_request', -32600],
  ['batch_unsupported', -32600],
  ['too_large', -32600],
  ['unknown_method', -32601],
]);
const closeByReason = new Map([
  ['authentication_timeout', 4408],
  ['too_large', 1009],
  ['restarting', 1012],
]);

type FaultName = Pick<Fault, 'code' | 'reason'>;

/** A fault about HTTP itself may have a status of its own. */
export const statusOf = ({ code, reason, httpStatus }: FaultName & { readonly httpStatus?: number }): number =>
  httpStatus ?? statusByReason.get(reason) ?? faultTable[code].status;
export const rpcCodeOf = ({ code, reason }: FaultName): number => rpcByReason.get(reason) ?? faultTable[code].rpc;
export const closeCodeOf = ({ code, reason }: FaultName): number => closeByReason.get(reason) ?? faultTable[code].close;
