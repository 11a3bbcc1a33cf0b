import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot as root } from '../package.js';

export const publicFolder = join(root, 'public');
/** The scripts of the pages, which the build makes from `pages/`. */
export const scriptsFolder = join(root, 'dist/pages');
/** The SDK as one script, which the build makes. */
export const browserFolder = join(root, 'dist/browser');

/** The web client, which the build makes from `app/`. */
export const appFolder = join(root, 'dist/app');

export const publicFile = (name: string): string => join(publicFolder, name);

/** A Swagger UI file from its package, so that the docs need no other host. */
export const swaggerFile = (name: string): string =>
  join(dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')), name);
