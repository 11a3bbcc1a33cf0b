import { Fault } from '@parley/contracts';
import type { AccountPrincipal } from '@parley/contracts';
import type { Log, Metrics } from '@parley/runtime';
import express from 'express';
import type { Express, RequestHandler } from 'express';
import type { Core } from '../core.js';
import type { CommandOf, ExecutedType, PrincipalOf } from '../protocol/command.js';
import type { Authentication, PresenceQueries, RestCall, RestDeps } from '../protocol/rest-deps.js';
import { asyncApiOf } from '../api-docs/asyncapi.js';
import { openApiBelow, openApiOf } from '../api-docs/openapi.js';
import { openRpcOf } from '../api-docs/openrpc.js';
import { mountPathOf, realmsOf } from '../dialects/registry.js';
import type { Mount } from '../dialects/registry.js';
import { createIsFor } from '../dialects/selector.js';
import { faultHandler } from './error-handler.js';
import { createBodyReader } from './body.js';
import { createProxyTrust } from '../limits/client-network.js';
import { docsRouter } from './docs.js';
import type { Documents } from './docs.js';
import { requestKeyOf } from './idempotency.js';
import { badPath } from './http-errors.js';
import { cors, securityHeaders } from './headers.js';
import { mountPages, pathsOfMount } from './mount-pages.js';
import type { OwnedPrincipals } from '../authentication/principal.js';
import { browserFolder, publicFolder, scriptsFolder } from './public-files.js';
import { packageVersion } from '../package.js';
import type { Caller } from '../commands/caller.js';
import type { Execute } from '../commands/execute.js';
import type { RequestBudgets } from '../limits/request-budgets.js';
import { clientAddress, traceRequests } from './request-trace.js';
import { signInPage } from './sample-logins.js';
import { createStartPage } from './start-page.js';
import type { Throttle } from '../limits/throttle.js';
import { sdkScript, webClientRouter } from './web-client.js';
import { rendererFor, unmatchedRouter } from './not-found.js';
import type { MountedRoutes } from './not-found.js';
import { dialectRouter } from './dialect-router.js';

export interface HttpDeps {
  readonly core: Core;
  readonly execute: Execute;
  readonly principals: Pick<OwnedPrincipals, 'authenticate' | 'authenticateExpired' | 'keys'>;
  readonly throttle: Throttle;
  readonly budgets: RequestBudgets;
  readonly presence: PresenceQueries;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface HttpOptions {
  readonly mounts: readonly Mount[];
  readonly trustedProxies: readonly string[];
  /** Origins of pages that send requests with credentials. Default: none. */
  readonly corsOrigins?: readonly string[];
  readonly bodyBytesMax: number;
  /** Whether the sample users exist, so that pages may show their logins. Default: no. */
  readonly sampleData?: boolean;
  /** Whether the `sampled` flag of a client's traceparent decides what is recorded. Default: no. */
  readonly trustClientSampling?: boolean;
}

/** The HTTP application. Only this folder knows statuses and headers; only a dialect knows its format. */
export const createApp = (deps: HttpDeps, options: HttpOptions): Express => {
  const { log, metrics } = deps;
  const { mounts } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('trust proxy', createProxyTrust(options.trustedProxies));
  app.use(
    traceRequests(log, metrics, options.trustClientSampling),
    securityHeaders(),
    cors(options.corsOrigins),
    chargeAddresses(deps.budgets),
    refuseBadPaths,
  );

  const depsOf = (mount: Mount): RestDeps => restDepsOf(mount, deps);
  const all: MountedRoutes[] = mounts.map((mount) => ({ mount, routes: mount.dialect.routes(depsOf(mount)) }));
  const readBody = createBodyReader(options.bodyBytesMax);
  const isFor = createIsFor(mounts);
  for (const { mount, routes } of all) {
    const router = dialectRouter({
      mount,
      routes,
      deps: depsOf(mount),
      requests: deps.core.auth.request,
      readBody,
      isFor,
      log,
    });
    app.use(
      mountPathOf(mount),
      mountPages(mount, () => openApiBelow(mount, depsOf(mount), packageVersion)),
      router,
    );
    app.use(router);
  }
  addOwnPages(app, deps, options, {
    openApi: () => openApiOf(mounts, depsOf, packageVersion),
    asyncApi: () => asyncApiOf(mounts, packageVersion),
    openRpc: () =>
      mounts.map((mount) => openRpcOf(mount, packageVersion)).find((document) => document !== null) ?? null,
  });
  app.use(unmatchedRouter(all, [...ownPaths, ...mounts.flatMap(pathsOfMount)]));
  app.use(faultHandler(rendererFor(all), log));
  return app;
};

const ownPaths = [
  '/',
  '/app',
  '/app/',
  '/health',
  '/.well-known/jwks.json',
  '/openapi.json',
  '/asyncapi.json',
  '/openrpc.json',
  '/docs/errors',
  '/docs',
  '/redoc',
  '/test',
];

const addOwnPages = (app: Express, deps: HttpDeps, options: HttpOptions, documents: Documents): void => {
  const { mounts, sampleData = false } = options;
  app.get('/', createStartPage(mounts));
  app.get('/health', (_request, response) => void response.json({ status: 'healthy' }));
  app.get('/.well-known/jwks.json', async (_request, response) => {
    const keys = await deps.principals.keys();
    response.set('Cache-Control', 'public, max-age=300').json(keys);
  });
  app.use(docsRouter(documents), webClientRouter());
  app.get('/test', signInPage('test.html', sampleData));
  app.get('/static/chat.html', signInPage('chat.html', sampleData));
  app.get('/static/parley.js', sdkScript);
  // Browsers revalidate every time, so that after an upgrade they never combine new files with cached ones.
  for (const folder of [publicFolder, scriptsFolder, browserFolder])
    app.use('/static', express.static(folder, { index: false, redirect: false }));
};

/** Runs before routing: a path that cannot be decoded, or contains a character that no store keeps, matches nothing. */
const refuseBadPaths: RequestHandler = (request, _response, next) => {
  try {
    if (decodeURIComponent(request.path).includes('\0')) throw badPath();
  } catch {
    throw badPath();
  }
  next();
};

/** Runs before any other work for a request. `/health` is for monitoring and is not charged. */
const chargeAddresses =
  ({ chargeAddress }: RequestBudgets): RequestHandler =>
  (request, _response, next) => {
    if (request.path !== '/health') chargeAddress(clientAddress(request));
    next();
  };

const restDepsOf = (mount: Mount, deps: HttpDeps): RestDeps => {
  const { core, execute, presence } = deps;
  const { dialect, realm, allowedRealms } = mount;
  return {
    core,
    execute: <T extends ExecutedType>(command: CommandOf<T> & { readonly type: T }, call: RestCall<PrincipalOf<T>>) =>
      execute<T>(command, restCaller(call)),
    realm,
    allowedRealms,
    anonymous: { kind: 'anonymous', realm, dialect: dialect.name },
    system: { kind: 'system', realm, service: 'gateway' },
    authentication: authenticationOf(mount, deps),
    presence,
  };
};

type AuthenticationDeps = Pick<HttpDeps, 'principals' | 'throttle' | 'budgets'>;

const authenticationOf = (mount: Mount, { principals, throttle, budgets }: AuthenticationDeps): Authentication => {
  const expected = { dialect: mount.dialect.name, realms: realmsOf(mount) };
  const charged = (principal: AccountPrincipal): AccountPrincipal => {
    budgets.chargeAccount(principal.accountId);
    return principal;
  };
  return {
    async authenticate(request) {
      const token = /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1];
      if (token === undefined) throw new Fault('unauthenticated', 'no_token', 'A Bearer token is needed');
      return charged((await principals.authenticate({ kind: 'token', token }, expected)).principal);
    },
    authenticateToken: async (token, { expired = false } = {}) => {
      const authenticate = expired
        ? principals.authenticateExpired(token, expected)
        : principals.authenticate({ kind: 'token', token }, expected);
      return charged((await authenticate).principal);
    },
    guardSignIn: (request, login, attempt) =>
      throttle.guardSignIn({ realm: mount.realm, login, address: clientAddress(request) }, attempt),
  };
};

const restCaller = <P>({ principal, request }: RestCall<P>): Caller<P> => ({
  principal,
  connection: null,
  requestId: undefined,
  requestKey: requestKeyOf(request),
  receivedAt: performance.now(),
});
