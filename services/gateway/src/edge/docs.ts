import express from 'express';
import type { Router } from 'express';
import type { OpenApi } from '../dialects/openapi.js';
import { publicFile, swaggerFile } from './public-files.js';

const swaggerFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** `/openapi.json`, and Swagger UI over it at `/docs`; both made once, when first asked for. */
export const docsRouter = (makeDocument: () => OpenApi): Router => {
  const router = express.Router({ caseSensitive: true });
  let document: string | undefined;
  router.get('/openapi.json', (_request, response) => {
    document ??= JSON.stringify(makeDocument());
    response.set('Cache-Control', 'public, max-age=60').type('application/json').send(document);
  });
  router.get('/docs', (_request, response) => response.sendFile(publicFile('docs.html')));
  for (const name of swaggerFiles) {
    router.get(`/docs/${name}`, (_request, response) => response.sendFile(swaggerFile(name), { maxAge: '1d' }));
  }
  return router;
};
