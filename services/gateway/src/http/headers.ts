import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Names that a Host header may hold; anything else does not get into a header of ours. */
const saneHost = /^[\w.-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i;

/** `'self'` covers the page's own sockets only in newer browsers. */
const ownSockets = (request: IncomingMessage): string => {
  const host = request.headers.host ?? '';
  return saneHost.test(host) ? `ws://${host} wss://${host}` : "'self'";
};

/** Nothing inline, nothing from elsewhere. */
export const securityHeaders = (): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'", ownSockets],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Any origin may call; tokens protect, not origins.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    // Whoever terminates TLS decides this, and for its whole host.
    strictTransportSecurity: false,
  });

/**
 * Any origin without credentials, as nothing here reads a cookie; the origins named in `PARLEY_CORS_ORIGINS` with credentials,
 * for pages that ask with them. Preflights are answered for every path, so that a browser gets to see the 404 or 405 that follows.
 */
export const cors = (credentialOrigins: readonly string[] = []): RequestHandler => {
  const known = new Set(credentialOrigins);
  return (request, response, next) => {
    const origin = request.get('origin');
    if (known.size > 0) response.vary('Origin');
    if (origin !== undefined && known.has(origin)) {
      response.set('Access-Control-Allow-Origin', origin);
      response.set('Access-Control-Allow-Credentials', 'true');
    } else {
      response.set('Access-Control-Allow-Origin', '*');
    }
    response.set('Access-Control-Expose-Headers', 'X-Request-Id, Retry-After, Location, Link, Idempotent-Replayed');
    if (request.method !== 'OPTIONS' || request.get('access-control-request-method') === undefined) return next();
    response.vary('Access-Control-Request-Headers');
    response.set('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE');
    // `*` would not cover Authorization.
    response.set('Access-Control-Allow-Headers', request.get('access-control-request-headers') ?? '*');
    response.set('Access-Control-Max-Age', '7200');
    response.status(204).end();
  };
};
