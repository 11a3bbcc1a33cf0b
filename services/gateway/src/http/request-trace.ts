import { randomUUID } from 'node:crypto';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { continueTrace, tracer } from '@parley/runtime';
import type { Log, Metrics } from '@parley/runtime';
import type { Request, RequestHandler } from 'express';
import { canonicalAddress } from '../limits/client-network.js';

interface Tracked {
  readonly id: string;
  readonly span: Span;
  route: string;
  dialect: string;
}

const tracked = new WeakMap<Request, Tracked>();
const saneId = /^[\w.:-]{1,128}$/;
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

export const requestId = (request: Request): string => tracked.get(request)?.id ?? '';

/** The canonical address of the client: the peer's, or the one from a trusted proxy. `unknown` for a value that is not an address. */
export const clientAddress = (request: Request): string => canonicalAddress(request.ip);

/** Records the route that the request matched. Until then its path is client input and not usable as a label. */
export const nameRequest = (request: Request, dialect: string, route: string): void => {
  const entry = tracked.get(request);
  if (!entry) return;
  Object.assign(entry, { dialect, route });
  entry.span.updateName(`${request.method} ${route}`);
  entry.span.setAttributes({ 'http.route': route, 'parley.dialect': dialect });
};

/** Gives each request an id, a server span that continues the caller's trace, metrics and a log line at `debug`. */
export const traceRequests = (log: Log, metrics: Metrics, trustClientSampling = false): RequestHandler => {
  const labels = ['method', 'dialect', 'route', 'status'] as const;
  const seconds = metrics.histogram('parley_http_request_seconds', 'Time to answer', secondsBuckets, labels);
  return (request, response, next) => {
    const startedAt = performance.now();
    const parent = continueTrace(request.headers, trustClientSampling);
    const attributes = { 'http.request.method': request.method, 'url.scheme': request.protocol };
    const span = tracer().startSpan(request.method, { kind: SpanKind.SERVER, attributes }, parent);
    const given = request.get('x-request-id') ?? '';
    let close = (): void => {};
    const closed = new Promise<void>((resolve) => (close = resolve));
    const entry: Tracked = { id: saneId.test(given) ? given : randomUUID(), span, route: 'none', dialect: 'none' };
    tracked.set(request, entry);
    response.set('X-Request-Id', entry.id);
    response.once('close', () => {
      const { id, route, dialect } = entry;
      const { statusCode: status } = response;
      const took = (performance.now() - startedAt) / 1000;
      seconds.observe(took, { method: request.method, dialect, route, status: String(status) });
      log.debug({ requestId: id, method: request.method, route, dialect, status, seconds: took }, 'answered');
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) span.setAttribute('error.type', String(status)).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      close();
    });
    void context.with(trace.setSpan(parent, span), () => {
      next();
      // In use until then.
      return closed;
    });
  };
};
