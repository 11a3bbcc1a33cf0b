import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const findRoot = (folder: string): string => {
  if (existsSync(join(folder, 'tsconfig.build.json'))) return folder;
  if (folder === dirname(folder)) throw new Error('The scripts are outside the repository');
  return findRoot(dirname(folder));
};

/** The folder of the repository, whether this file runs from `scripts` or from `scripts/dist`. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)));
