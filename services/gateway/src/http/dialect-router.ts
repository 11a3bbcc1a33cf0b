import { Fault, withTimeout } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import express from 'express';
import type { Request, Response, Router } from 'express';
import type { Core } from '../core.js';
import type { RestDeps } from '../protocol/rest-deps.js';
import type { Mount } from '../dialects/registry.js';
import { isShared } from '../dialects/selector.js';
import type { IsFor } from '../dialects/selector.js';
import { routerOf } from '../protocol/routes.js';
import type { Route } from '../protocol/routes.js';
import { faultHandler } from './error-handler.js';
import { answerOnce } from './idempotency.js';
import { fromAddress } from '../limits/registrations.js';
import { clientAddress, nameRequest } from './request-trace.js';

const handlerDeadlineMs = 15_000;

/** The REST side of one dialect: its routes behind body limits and a deadline, its faults in its own format. */
export const dialectRouter = (options: {
  readonly mount: Mount;
  readonly routes: readonly Route[];
  readonly deps: RestDeps;
  readonly requests: Core['auth']['request'];
  readonly readBody: (request: Request, response: Response, route: Route) => Promise<void>;
  readonly isFor: IsFor;
  readonly log: Log;
}): Router => {
  const { mount, routes, deps, requests, readBody, isFor, log } = options;
  const guarded = routes.map((route): Route => ({
    ...route,
    async run(request, given) {
      nameRequest(request, mount.dialect.name, route.path);
      // Responses contain tokens and data that only one account may see.
      request.res?.set('Cache-Control', 'no-store');
      if (request.res) await readBody(request, request.res, route);
      const answer = fromAddress(clientAddress(request), () =>
        answerOnce(request, { dialect: mount.dialect.name, realm: mount.realm, route, deps: given, requests }, () =>
          route.run(request, given),
        ),
      );
      return withTimeout(answer, handlerDeadlineMs, tooLong);
    },
  }));
  const router = express.Router({ caseSensitive: true });
  for (const route of routes.filter(isShared)) {
    router[route.method](route.path, async (request, response, next) => {
      // Under the dialect's own mount there is no other candidate.
      if (request.baseUrl !== '') return next();
      await readBody(request, response, route);
      return next(isFor(mount, route, request.body) ? undefined : 'router');
    });
  }
  router.use(routerOf(guarded, deps));
  router.use(faultHandler(() => mount.dialect.renderFault, log));
  return router;
};

const tooLong = (): never => {
  throw new Fault('unavailable', 'deadline_exceeded', 'This took too long', { retryAfterMs: 1_000 });
};
