import type { Fault } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Dialect, RenderedFault } from '../protocol/dialect.js';
import { EdgeFault, faultOf } from './http-errors.js';
import { requestId } from './request-trace.js';

export type RenderFault = Dialect['renderFault'];

/** For paths that belong to no dialect: the common format of the old servers. */
export const plainFault: RenderFault = (fault) => ({
  status: statusWithoutWire(fault),
  body: { detail: fault.message },
});

const statusWithoutWire = ({ code }: Fault): number => {
  if (code === 'unavailable') return 503;
  if (code === 'rate_limited') return 429;
  return code === 'internal' ? 500 : 400;
};

/** The last handler for every error: converts it into a fault and renders it in the format of the request's dialect. */
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
    // The rest of an unread body must not be parsed as the next request.
    if (status === 413) response.set('Connection', 'close');
    response.type(contentType ?? 'application/json').send(JSON.stringify(body));
  };

/** A partial response must not look like a complete one. */
const cutShort = (fault: Fault, request: Request, response: Response, log: Log): void => {
  const isGone = request.socket.destroyed;
  if (!isGone) log.error({ err: fault.cause ?? fault, requestId: requestId(request) }, 'An answer broke off');
  response.destroy();
};

/** Where HTTP determines the status, adjusts a body that repeats it. */
const withHttpStatus = (rendered: RenderedFault, fault: Fault): RenderedFault => {
  if (!(fault instanceof EdgeFault) || rendered.status === fault.httpStatus) return rendered;
  const { body } = rendered;
  const repeats = typeof body === 'object' && body !== null && 'status' in body && typeof body.status === 'number';
  return { ...rendered, status: fault.httpStatus, body: repeats ? { ...body, status: fault.httpStatus } : body };
};
