import { Fault, asFault } from '@parley/contracts';
import type { Decoded, ConnectionView } from '../../protocol/dialect.js';
import type { Command } from '../../protocol/command.js';
import type { Method } from '../../protocol/methods.js';
import { methods } from './methods.js';
import { FrameFault, readRequest } from './rpc.js';
import type { Request } from './rpc.js';

// A Map, so that `constructor` and `__proto__` are unknown methods and nothing more.
const byName = new Map<string, Method>(Object.entries(methods));

/** Decodes a frame into a command; `connection` is null until the socket is authenticated. */
export const decode = (frame: string, connection: ConnectionView | null): Decoded => {
  const request = readRequest(frame);
  try {
    const { requestId, traceparent } = request;
    return { command: commandOf(request, connection), requestId, ...(traceparent !== undefined && { traceparent }) };
  } catch (error) {
    throw new FrameFault(asFault(error), request.requestId);
  }
};

const commandOf = ({ method: name, params, requestId }: Request, connection: ConnectionView | null): Command => {
  const method = byName.get(name);
  if (method?.authenticates && connection)
    throw new Fault('conflict', 'already_authenticated', 'This connection is authenticated already');
  if (!method?.authenticates && !connection)
    throw new Fault('unauthenticated', 'no_token', 'Call session.authenticate first');
  if (!method) throw new Fault('invalid', 'unknown_method', 'There is no such method');
  return method.decode(params, requestId);
};
