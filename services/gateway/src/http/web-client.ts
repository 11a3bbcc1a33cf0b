import { join } from 'node:path';
import express from 'express';
import type { RequestHandler, Router } from 'express';
import { sendCompressed } from './compressed-files.js';
import { appFolder, browserFolder } from './public-files.js';

const assetsMaxAgeMs = 365 * 24 * 60 * 60 * 1000;
/** One component of a path, so that nothing outside of the folder is meant. */
const fileName = /^\/(?:(?:assets|icons)\/)?[\w-]+(?:\.[\w-]+)*\.[a-z0-9]+$/;

const sendFile: RequestHandler = (request, response, next) => {
  const { path } = request;
  if ((request.method !== 'GET' && request.method !== 'HEAD') || !fileName.test(path)) return next();
  // The names of assets change with their content; all else is asked for again each time.
  const maxAgeMs = path.startsWith('/assets/') ? assetsMaxAgeMs : 0;
  if (sendCompressed(request, response, appFolder, path, maxAgeMs)) return;
  response.sendFile(join(appFolder, path), { maxAge: maxAgeMs, immutable: maxAgeMs > 0 }, (error) => {
    if (error !== undefined && !response.headersSent) next();
  });
};

const sendPage: RequestHandler = (request, response, next) => {
  response.set('Cache-Control', 'no-cache');
  if (sendCompressed(request, response, appFolder, '/index.html', 0)) return;
  response.sendFile(join(appFolder, 'index.html'), (error) => {
    if (error !== undefined && !response.headersSent) next();
  });
};

/** The web client at `/app/`: its files, and its page for every path that it makes addresses of. */
export const webClientRouter = (): Router => {
  const router = express.Router({ caseSensitive: true, strict: true });
  router.get('/app', (_request, response) => response.redirect(308, '/app/'));
  router.use('/app', sendFile);
  router.get(['/app/', '/app/mentions', '/app/channels/*rest'], sendPage);
  return router;
};

/** The SDK as one script, for pages without a bundler. */
export const sdkScript: RequestHandler = (request, response, next) => {
  if (!sendCompressed(request, response, browserFolder, '/parley.js', 0)) next();
};
