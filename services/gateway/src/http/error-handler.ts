import type { Fault } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Dialect, RenderedFault } from '../protocol/dialect.js';
import { EdgeFault, faultOf } from './http-errors.js';
import { requestId } from './request-trace.js';

export type RenderFault = Dialect['renderFault'];

/** For paths that belong to no wire: the common form of the old servers. */
export const plainFault: RenderFault = (fault) => ({
  status: statusWithoutWire(fault),
  body: { detail: fault.message },
});

const statusWithoutWire = ({ code }: Fault): number => {
  if (code === 'unavailable') return 503;
  if (code === 'rate_limited') return 429;
  return code === 'internal' ? 500 : 400;
};

/** Every error ends here: as a fault, in the words of the wire that was spoken to. */
export const faultHandler =
  (renderFor: (request: Request) => RenderFault, log: Log): ErrorRequestHandler =>
  (error: unknown, request, response, _next) => {
    const fault = faultOf(error);
    if (response.headersSent) return cutShort(fault, request, response, log);
    if (fault.code === 'internal') {
      log.error({ err: fault.cause ?? fault, requestId: requestId(request) }, 'A request failed inside');
    }
    const { status, contentType, headers, body } = withHttpStatus(renderFor(request)(fault, request), fault);
    response.status(status);
    if (fault.code === 'unavailable' || fault.code === 'rate_limited') {
      response.set('Retry-After', String(Math.max(1, Math.ceil((fault.retryAfterMs ?? 1_000) / 1000))));
    }
    if (headers) response.set(headers);
    // What is left of a body that nobody will read must not be taken for the next request.
    if (status === 413) response.set('Connection', 'close');
    response.type(contentType ?? 'application/json').send(JSON.stringify(body));
  };

/** Half an answer must not look like a whole one. */
const cutShort = (fault: Fault, request: Request, response: Response, log: Log): void => {
  const isGone = request.socket.destroyed;
  if (!isGone) log.error({ err: fault.cause ?? fault, requestId: requestId(request) }, 'An answer broke off');
  response.destroy();
};

/** Where HTTP has the last word about the status, a body that repeats it is kept in step. */
const withHttpStatus = (rendered: RenderedFault, fault: Fault): RenderedFault => {
  if (!(fault instanceof EdgeFault) || rendered.status === fault.httpStatus) return rendered;
  const { body } = rendered;
  const repeats = typeof body === 'object' && body !== null && 'status' in body && typeof body.status === 'number';
  return { ...rendered, status: fault.httpStatus, body: repeats ? { ...body, status: fault.httpStatus } : body };
};
