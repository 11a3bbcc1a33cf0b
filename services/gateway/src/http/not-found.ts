import express from 'express';
import type { Request, Router } from 'express';
import { mountPathOf } from '../dialects/registry.js';
import type { Mount } from '../dialects/registry.js';
import { expressPathsOf } from '../protocol/fixed-paths.js';
import type { Route } from '../protocol/routes.js';
import { plainFault } from './error-handler.js';
import type { RenderFault } from './error-handler.js';
import { methodNotAllowed, pathNotFound } from './http-errors.js';

export interface MountedRoutes {
  readonly mount: Mount;
  readonly routes: readonly Route[];
}

const allowed = new WeakMap<Request, { readonly methods: Set<string>; mount: Mount | null }>();

/** Responds to requests without a route: 405 with `Allow` where the path is known, else 404. */
export const unmatchedRouter = (all: readonly MountedRoutes[], ownPaths: readonly string[]): Router => {
  const router = express.Router({ caseSensitive: true });
  const know = (path: string | RegExp, method: string, mount: Mount | null): void => {
    router.all(path, (request, _response, next) => {
      const known = allowed.get(request) ?? { methods: new Set(), mount };
      allowed.set(request, known);
      known.methods.add(method.toUpperCase());
      if (method === 'get') known.methods.add('HEAD');
      next();
    });
  };
  for (const path of ownPaths) know(path, 'get', null);
  for (const { mount, routes } of all) {
    const pathOf = expressPathsOf(routes);
    for (const route of routes) {
      know(pathOf(route), route.method, mount);
      know(pathOf(route, mountPathOf(mount)), route.method, mount);
    }
  }
  router.use((request, response) => {
    const known = allowed.get(request);
    if (!known) throw pathNotFound();
    response.set('Allow', [...known.methods, 'OPTIONS'].join(', '));
    if (request.method !== 'OPTIONS') throw methodNotAllowed();
    response.status(204).end();
  });
  return router;
};

/** The renderer for a request that matched no route: the dialect of its path as far as it is known, else the format of the old servers. */
export const rendererFor = (all: readonly MountedRoutes[]): ((request: Request) => RenderFault) => {
  const byFirstSegment = new Map<string, Mount>();
  for (const { mount, routes } of all) {
    for (const { path } of routes) {
      const segment = path.split('/')[1] ?? '';
      if (!byFirstSegment.has(segment)) byFirstSegment.set(segment, mount);
    }
  }
  return (request) => {
    const [, first = '', second] = request.path.split('/');
    const named = first === 'wires' ? all.find(({ mount }) => mount.dialect.name === second)?.mount : undefined;
    const mount = named ?? allowed.get(request)?.mount ?? byFirstSegment.get(first);
    return mount?.dialect.renderFault ?? plainFault;
  };
};
