import express from 'express';
import type { Request, Router } from 'express';
import { mountOf } from '../dialects/registry.js';
import type { Wire } from '../dialects/registry.js';
import type { Route } from '../dialects/routes.js';
import { plainFault } from './answer-fault.js';
import type { RenderFault } from './answer-fault.js';
import { methodNotAllowed, pathNotFound } from './edge-fault.js';

export interface WireRoutes {
  readonly wire: Wire;
  readonly routes: readonly Route[];
}

const allowed = new WeakMap<Request, { readonly methods: Set<string>; wire: Wire | null }>();

/** What no route answered: 405 with `Allow` where the path is known, else 404. */
export const unmatchedRouter = (all: readonly WireRoutes[], ownPaths: readonly string[]): Router => {
  const router = express.Router({ caseSensitive: true });
  const know = (path: string, method: string, wire: Wire | null): void => {
    router.all(path, (request, _response, next) => {
      const known = allowed.get(request) ?? { methods: new Set(), wire };
      allowed.set(request, known);
      known.methods.add(method.toUpperCase());
      if (method === 'get') known.methods.add('HEAD');
      next();
    });
  };
  for (const path of ownPaths) know(path, 'get', null);
  for (const { wire, routes } of all) {
    for (const { path, method } of routes) {
      know(path, method, wire);
      know(mountOf(wire) + path, method, wire);
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

/** In whose words a request is answered that met no route: by its path as far as it is known, else as the old servers did. */
export const createSpeakerFor = (all: readonly WireRoutes[]): ((request: Request) => RenderFault) => {
  const byFirstSegment = new Map<string, Wire>();
  for (const { wire, routes } of all) {
    for (const { path } of routes) {
      const segment = path.split('/')[1] ?? '';
      if (!byFirstSegment.has(segment)) byFirstSegment.set(segment, wire);
    }
  }
  return (request) => {
    const [, first = '', second] = request.path.split('/');
    const named = first === 'wires' ? all.find(({ wire }) => wire.dialect.name === second)?.wire : undefined;
    const wire = named ?? allowed.get(request)?.wire ?? byFirstSegment.get(first);
    return wire?.dialect.renderFault ?? plainFault;
  };
};
