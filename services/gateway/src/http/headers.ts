import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Host names that are safe to copy into a response header; other values are not. */
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
        // The web client can be installed.
        manifestSrc: ["'self'"],
        connectSrc: ["'self'", ownSockets],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Any origin may call; tokens protect, not origins.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    // The proxy that terminates TLS decides this, for its whole host.
    strictTransportSecurity: false,
  });

/**
 * Any origin without credentials, as nothing here reads a cookie; the origins in `PARLEY_CORS_ORIGINS` with credentials, for pages that
 * send requests with them. Preflights are answered for every path, so that a browser can read the 404 or 405 that follows.
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
