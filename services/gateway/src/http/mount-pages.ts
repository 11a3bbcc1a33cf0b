import express from 'express';
import type { Router } from 'express';
import type { OpenApi } from '../api-docs/openapi.js';
import { mountPathOf } from '../dialects/registry.js';
import type { Mount } from '../dialects/registry.js';
import { publicFile } from './public-files.js';

const pages = ['/health', '/docs', '/openapi.json'];

/** The paths below a dialect's mount besides its routes, as far as its routes have no such path. */
export const pathsOfMount = (mount: Mount): readonly string[] =>
  [...(mount.root ? ['/'] : []), ...pages].map((path) => mountPathOf(mount) + path);

/** Below `/wires/<name>/`: the old server's root, health and documentation, for this dialect alone. */
export const mountPages = (mount: Mount, openApi: () => OpenApi): Router => {
  const router = express.Router({ caseSensitive: true, strict: false });
  const { root } = mount;
  if (root) {
    router.get('/', (_request, response) => {
      if ('redirect' in root) response.redirect(307, `${mountPathOf(mount)}/${root.redirect}`);
      else response.json(root.body);
    });
  }
  router.get('/health', (_request, response) => void response.json({ status: 'healthy' }));
  let document: string | undefined;
  router.get('/openapi.json', (_request, response) => {
    document ??= JSON.stringify(openApi());
    response.set('Cache-Control', 'public, max-age=60').type('application/json').send(document);
  });
  router.get('/docs', (_request, response) => response.sendFile(publicFile('docs.html')));
  return router;
};
