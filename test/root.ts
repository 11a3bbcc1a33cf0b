import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, for sources and for what is compiled from them into another folder. */
const rootAbove = (folder: string): string =>
  existsSync(join(folder, 'tsconfig.build.json')) ? folder : rootAbove(dirname(folder));

export const root = rootAbove(dirname(fileURLToPath(import.meta.url)));
