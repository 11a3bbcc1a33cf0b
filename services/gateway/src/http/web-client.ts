import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import type { Request, RequestHandler, Response, Router } from 'express';
import { appFolder } from './public-files.js';

/** Types of the files that the build has compressed. */
const compressedTypes: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  svg: 'image/svg+xml',
  webmanifest: 'application/manifest+json',
};

const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** Sends the compressed form of a file that the client accepts, under the type of the file. */
const sendCompressed = (request: Request, response: Response, path: string, maxAgeMs: number): boolean => {
  const type = compressedTypes[/\.([a-z]+)$/.exec(path)?.[1] ?? ''];
  if (type === undefined) return false;
  response.vary('Accept-Encoding');
  const accepted = request.acceptsEncodings('br', 'gzip');
  const ending = encodings.find(([name]) => name === accepted)?.[1];
  const file = join(appFolder, path + ending);
  if (ending === undefined || !existsSync(file)) return false;
  response.set({ 'Content-Encoding': accepted as string, 'Content-Type': type });
  response.sendFile(file, { maxAge: maxAgeMs, immutable: maxAgeMs > 0 });
  return true;
};

const assetsMaxAgeMs = 365 * 24 * 60 * 60 * 1000;
/** One component of a path, so that nothing outside of the folder is meant. */
const fileName = /^\/(?:(?:assets|icons)\/)?[\w-]+(?:\.[\w-]+)*\.[a-z0-9]+$/;

const sendFile: RequestHandler = (request, response, next) => {
  const { path } = request;
  if ((request.method !== 'GET' && request.method !== 'HEAD') || !fileName.test(path)) return next();
  // The names of assets change with their content; all else is asked for again each time.
  const maxAgeMs = path.startsWith('/assets/') ? assetsMaxAgeMs : 0;
  if (sendCompressed(request, response, path, maxAgeMs)) return;
  response.sendFile(join(appFolder, path), { maxAge: maxAgeMs, immutable: maxAgeMs > 0 }, (error) => {
    if (error !== undefined && !response.headersSent) next();
  });
};

const sendPage: RequestHandler = (request, response, next) => {
  response.set('Cache-Control', 'no-cache');
  if (sendCompressed(request, response, '/index.html', 0)) return;
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
