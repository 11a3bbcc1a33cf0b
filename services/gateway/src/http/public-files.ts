import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package, whether this file runs from `src` or from `dist/src`. */
const packageRoot = (): string => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('The gateway does not find its own package');
  }
};

const root = packageRoot();

export const publicFolder = join(root, 'public');
/** The scripts of the pages, which the build makes from `pages/`. */
export const scriptsFolder = join(root, 'dist/pages');
/** The SDK as one script, which the build makes. */
export const browserFolder = join(root, 'dist/browser');

/** The web client, which the build makes from `app/`. */
export const appFolder = join(root, 'dist/app');

const readVersion = (): string => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return version;
};
export const packageVersion = readVersion();

export const publicFile = (name: string): string => join(publicFolder, name);

/** A Swagger UI file from its package, so that the docs need no other host. */
export const swaggerFile = (name: string): string =>
  join(dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')), name);
