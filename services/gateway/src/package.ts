import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const findRoot = (): string => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('The gateway does not find its own package');
  }
};

const readVersion = (): string => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return version;
};

/** The folder of this package, whether this file runs from `src` or from `dist/src`. */
export const packageRoot = findRoot();

/** The version of this gateway, as its start page, its documents and the root of v1 name it. */
export const packageVersion = readVersion();
