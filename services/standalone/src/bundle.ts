import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { mapStacksOf } from './bundle-stacks.js';

/** Names of the files in the folder of a bundle. */
export const bundleFiles = { code: 'bundle.cjs', map: 'bundle.cjs.map', builds: 'builds.json' } as const;

export interface Bundle<Exports> {
  readonly exports: Exports;
  /**
   * Stores what V8 has compiled so far beside the bundle, for the next start of this version of Node; does nothing when that was stored
   * before, or when the folder cannot be written.
   */
  keepCompiled(): Promise<void>;
}

type Wrapper = (
  exports: object,
  require: NodeJS.Require,
  folder: string,
  load: (path: string) => Promise<unknown>,
) => void;

/**
 * What the file of a bundle is, given its CommonJS code: a function, on lines of its own so that the map of the code stays right. Modules
 * that are left out of it are imported by `load`, because Node refuses `import()` in a script from V8's code cache.
 */
export const wrapBundle = (code: string): string =>
  `(function (exports, require, folder, load) {\n${code.replaceAll(/\bimport\((?=[`'"]\.{1,2}\/)/g, 'load(')}\n})`;

/** Loads the bundle in this folder; null where there is none, or when something in it was compiled again after it was made. */
export const openBundle = async <Exports extends object>(folder: URL): Promise<Bundle<Exports> | null> => {
  const file = fileURLToPath(new URL(bundleFiles.code, folder));
  const compiledFile = `${file}.${process.version}-${process.arch}.cache`;
  const [code, isCurrent, compiled] = await Promise.all([
    readFile(file, 'utf8').catch(ifMissing(null)),
    isCurrentBundle(folder),
    // Only saves time: V8 checks that it belongs to this code and this version of V8.
    readFile(compiledFile).catch(() => undefined),
  ]);
  if (code === null || !isCurrent) return null;
  const script = new Script(code, {
    filename: file,
    // That of the wrapper.
    lineOffset: -1,
    ...(compiled && { cachedData: compiled }),
  });
  mapStacksOf(file, fileURLToPath(new URL(bundleFiles.map, folder)));
  const exports = {};
  const run = script.runInThisContext() as Wrapper;
  run(exports, createRequire(file), fileURLToPath(folder), (path) => import(new URL(path, folder).href));
  return {
    // What the bundle exports is what its entry exports: the caller names the type of that module.
    exports: exports as Exports,
    keepCompiled: async () => {
      if (compiled && script.cachedDataRejected === false) return;
      await replace(compiledFile, script.createCachedData());
    },
  };
};

/** Whether there is a bundle in this folder that nothing in it was compiled after: the compiler writes these files again with each module. */
export const isCurrentBundle = async (folder: URL): Promise<boolean> => {
  const list = new URL(bundleFiles.builds, folder);
  const text = await readFile(list, 'utf8').catch(ifMissing(null));
  if (text === null) return false;
  const builds = JSON.parse(text) as readonly string[];
  const [made, ...compiled] = await Promise.all([list, ...builds.map((path) => new URL(path, folder))].map(changedAt));
  return compiled.every((at) => at <= (made ?? 0));
};

const changedAt = async (file: URL): Promise<number> => (await stat(file).catch(ifMissing(null)))?.mtimeMs ?? Infinity;

const ifMissing =
  <Value>(value: Value) =>
  (error: NodeJS.ErrnoException): Value => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };

/** Another start, or one that is killed meanwhile, never sees a part of it. */
const replace = async (file: string, content: Buffer): Promise<void> => {
  const half = `${file}.${process.pid}`;
  try {
    await writeFile(half, content);
    await rename(half, file);
  } catch {
    // An installation that this user cannot write: the next start compiles again.
    await rm(half, { force: true }).catch(() => undefined);
  }
};
