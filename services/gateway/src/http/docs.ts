import express from 'express';
import type { Router } from 'express';
import type { AsyncApi } from '../api-docs/asyncapi.js';
import type { OpenApi } from '../api-docs/openapi.js';
import type { OpenRpc } from '../api-docs/openrpc.js';
import { publicFile, swaggerFile } from './public-files.js';

const swaggerFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

export interface Documents {
  /** REST. */
  readonly openApi: () => OpenApi;
  /** Sockets. */
  readonly asyncApi: () => AsyncApi;
  /** The methods of the v1 socket. */
  readonly openRpc: () => OpenRpc | null;
}

/** The two documents, each built at the first request; Swagger UI for the first at `/docs`, a page of ours for both at `/redoc`. */
export const docsRouter = (documents: Documents): Router => {
  const router = express.Router({ caseSensitive: true });
  const serve = (path: string, make: () => OpenApi | AsyncApi | OpenRpc | null): void => {
    let document: string | undefined;
    router.get(path, (_request, response) => {
      document ??= JSON.stringify(make());
      response.set('Cache-Control', 'public, max-age=60').type('application/json').send(document);
    });
  };
  serve('/openapi.json', documents.openApi);
  serve('/asyncapi.json', documents.asyncApi);
  serve('/openrpc.json', documents.openRpc);
  router.get('/redoc', (_request, response) => response.sendFile(publicFile('redoc.html')));
  router.get('/docs', (_request, response) => response.sendFile(publicFile('docs.html')));
  router.get('/docs/errors', (_request, response) => response.sendFile(publicFile('errors.html')));
  for (const name of swaggerFiles) {
    router.get(`/docs/${name}`, (_request, response) => response.sendFile(swaggerFile(name), { maxAge: '1d' }));
  }
  return router;
};
