import { Fault } from '@parley/contracts';
import type { AccountPrincipal } from '@parley/contracts';
import type { Log, Metrics } from '@parley/runtime';
import express from 'express';
import type { Express, RequestHandler } from 'express';
import type { Core } from '../core.js';
import type { RestDeps, WhoIsHere } from '../dialects/dialect.js';
import { asyncApiOf } from '../dialects/asyncapi.js';
import { openApiBelow, openApiOf } from '../dialects/openapi.js';
import { mountOf, realmsOf } from '../dialects/registry.js';
import type { Wire } from '../dialects/registry.js';
import { createIsFor } from '../dialects/select.js';
import { faultHandler } from './answer-fault.js';
import { createBodyReader } from './body.js';
import { createProxyTrust } from './client-network.js';
import { docsRouter } from './docs.js';
import type { Documents } from './docs.js';
import { badPath } from './edge-fault.js';
import { cors, securityHeaders } from './headers.js';
import { mountPages, pathsOfMount } from './mount-pages.js';
import type { OwnedPrincipals } from './principal.js';
import { publicFolder } from './public-files.js';
import { repeatSends } from './repeated-sends.js';
import { limitRegistrations } from './registrations.js';
import type { RequestBudgets } from './request-budgets.js';
import { clientAddress, traceRequests } from './request-trace.js';
import { signInPage } from './sample-logins.js';
import { createStartPage } from './start-page.js';
import type { Throttle } from './throttle.js';
import { createSpeakerFor, unmatchedRouter } from './unmatched.js';
import type { WireRoutes } from './unmatched.js';
import { wireRouter } from './wire-router.js';

export interface HttpDeps {
  readonly wires: readonly Wire[];
  readonly core: Core;
  readonly principals: Pick<OwnedPrincipals, 'prove' | 'proveLate' | 'keys'>;
  readonly throttle: Throttle;
  readonly budgets: RequestBudgets;
  readonly presence: WhoIsHere;
  readonly trustedProxies: readonly string[];
  /** Origins of pages that ask with credentials. Left out: none. */
  readonly corsOrigins?: readonly string[];
  readonly bodyBytesMax: number;
  /** Whether the sample users exist, so that pages may show how they sign in. Default: no. */
  readonly sampleData?: boolean;
  /** Whether the `sampled` flag of a client's traceparent decides what is recorded. Default: no. */
  readonly trustClientSampling?: boolean;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Everything that is answered over HTTP. Only this folder knows statuses and headers; only a dialect knows its words. */
export const createApp = (deps: HttpDeps): Express => {
  const { wires, log, metrics } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('trust proxy', createProxyTrust(deps.trustedProxies));
  app.use(
    traceRequests(log, metrics, deps.trustClientSampling),
    securityHeaders(),
    cors(deps.corsOrigins),
    chargeAddresses(deps.budgets),
    refuseBadPaths,
  );

  const limited = { ...deps, core: limitRegistrations(repeatSends(deps.core), deps.throttle, deps.budgets) };
  const depsOf = (wire: Wire): RestDeps => restDepsOf(wire, limited);
  const all: WireRoutes[] = wires.map((wire) => ({ wire, routes: wire.dialect.routes(depsOf(wire)) }));
  const readBody = createBodyReader(deps.bodyBytesMax);
  const isFor = createIsFor(wires);
  for (const { wire, routes } of all) {
    const router = wireRouter({ wire, routes, deps: depsOf(wire), readBody, isFor, log });
    app.use(
      mountOf(wire),
      mountPages(wire, () => openApiBelow(wire, depsOf(wire))),
      router,
    );
    app.use(router);
  }
  addOwnPages(app, deps, { openApi: () => openApiOf(wires, depsOf), asyncApi: () => asyncApiOf(wires) });
  app.use(unmatchedRouter(all, [...ownPaths, ...wires.flatMap(pathsOfMount)]));
  app.use(faultHandler(createSpeakerFor(all), log));
  return app;
};

const ownPaths = [
  '/',
  '/health',
  '/.well-known/jwks.json',
  '/openapi.json',
  '/asyncapi.json',
  '/docs',
  '/redoc',
  '/test',
];

const addOwnPages = (app: Express, deps: HttpDeps, documents: Documents): void => {
  app.get('/', createStartPage(deps.wires));
  app.get('/health', (_request, response) => void response.json({ status: 'healthy' }));
  app.get('/.well-known/jwks.json', async (_request, response) => {
    const keys = await deps.principals.keys();
    response.set('Cache-Control', 'public, max-age=300').json(keys);
  });
  app.use(docsRouter(documents));
  app.get('/test', signInPage('test.html', deps.sampleData ?? false));
  app.get('/static/chat.html', signInPage('chat.html', deps.sampleData ?? false));
  // Asked for again each time: after an upgrade no browser may put new files and kept ones together.
  app.use('/static', express.static(publicFolder, { index: false, redirect: false }));
};

/** Before anything is matched: a path that cannot be decoded, or holds what no store keeps, names nothing. */
const refuseBadPaths: RequestHandler = (request, _response, next) => {
  try {
    if (decodeURIComponent(request.path).includes('\0')) throw badPath();
  } catch {
    throw badPath();
  }
  next();
};

/** Before anything else is done for a request. Whoever watches the gateway asks `/health`, which costs nothing. */
const chargeAddresses =
  ({ chargeAddress }: RequestBudgets): RequestHandler =>
  (request, _response, next) => {
    if (request.path !== '/health') chargeAddress(clientAddress(request));
    next();
  };

const restDepsOf = (wire: Wire, { core, principals, throttle, budgets, presence }: HttpDeps): RestDeps => {
  const { dialect, realm, allowedRealms } = wire;
  const expected = { dialect: dialect.name, realms: realmsOf(wire) };
  const charged = (principal: AccountPrincipal): AccountPrincipal => {
    budgets.chargeAccount(principal.accountId);
    return principal;
  };
  return {
    core,
    realm,
    allowedRealms,
    anonymous: { kind: 'anonymous', realm, dialect: dialect.name },
    system: { kind: 'system', realm, service: 'gateway' },
    async authenticate(request) {
      const token = /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1];
      if (token === undefined) throw new Fault('unauthenticated', 'no_token', 'A Bearer token is needed');
      return charged((await principals.prove({ kind: 'token', token }, expected)).principal);
    },
    authenticateToken: async (token, { expired = false } = {}) => {
      const prove = expired
        ? principals.proveLate(token, expected)
        : principals.prove({ kind: 'token', token }, expected);
      return charged((await prove).principal);
    },
    here: presence,
    guardSignIn: (request, login, attempt) =>
      throttle.guardSignIn({ realm, login, address: clientAddress(request) }, attempt),
  };
};
