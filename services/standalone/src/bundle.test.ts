import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { afterEach, expect, test } from 'vitest';
import { bundleFiles, openBundle, wrapBundle } from './bundle.js';

const prepare = Error.prepareStackTrace;
const folders: string[] = [];
afterEach(() => {
  Error.prepareStackTrace = prepare;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const source = `export const answer = (): number => 42;


export const fail = (): never => {
  throw new Error('on the fifth line');
};
export const later = (): Promise<unknown> => import('./later.mjs');
`;

/** A bundle of one source, as the build makes that of standalone, and the file that the compiler would have written. */
const makeBundle = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bundle-'));
  folders.push(folder);
  writeFileSync(join(folder, 'source.ts'), source);
  const build = join(folder, 'compiled');
  writeFileSync(build, '');
  writeFileSync(join(folder, 'later.mjs'), 'export const found = true;');
  const bundle = await rolldown({ input: join(folder, 'source.ts'), external: [/later\.mjs$/] });
  const file = join(folder, bundleFiles.code);
  await bundle.write({ file, format: 'cjs', sourcemap: true });
  await bundle.close();
  writeFileSync(file, wrapBundle(readFileSync(file, 'utf8')));
  writeFileSync(join(folder, bundleFiles.builds), JSON.stringify(['compiled']));
  const open = () =>
    openBundle<{ answer(): number; fail(): never; later(): Promise<unknown> }>(pathToFileURL(`${folder}/`));
  const caches = () => readdirSync(folder).filter((name) => name.endsWith('.cache'));
  return { folder, build, open, caches };
};

test('the first start keeps what it compiled, and the second one writes nothing', async () => {
  const { folder, open, caches } = await makeBundle();
  const first = await open();
  expect(first?.exports.answer()).toBe(42);
  await first?.keepCompiled();
  const [cache = ''] = caches();
  const before = statSync(join(folder, cache), { bigint: true });
  const second = await open();
  expect(second?.exports.answer()).toBe(42);
  await second?.keepCompiled();
  expect(caches()).toEqual([cache]);
  expect(statSync(join(folder, cache), { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
});

test('a module that is left out of the bundle is imported, also by a start that finds what V8 compiled', async () => {
  const { open } = await makeBundle();
  const first = await open();
  expect(await first?.exports.later()).toMatchObject({ found: true });
  await first?.keepCompiled();
  const second = await open();
  expect(await second?.exports.later()).toMatchObject({ found: true });
});

test('what another version of V8 compiled is replaced', async () => {
  const { folder, open, caches } = await makeBundle();
  const foreign = Buffer.alloc(5_000, 1);
  const cache = join(folder, `${bundleFiles.code}.${process.version}-${process.arch}.cache`);
  writeFileSync(cache, foreign);
  const bundle = await open();
  expect(bundle?.exports.answer()).toBe(42);
  await bundle?.keepCompiled();
  expect(caches()).toHaveLength(1);
  expect(readFileSync(cache).equals(foreign)).toBe(false);
});

test('a bundle that is older than what the compiler wrote is not used; neither is none', async () => {
  const { folder, build, open } = await makeBundle();
  const later = new Date(Date.now() + 60_000);
  utimesSync(build, later, later);
  expect(await open()).toBeNull();
  rmSync(build);
  expect(await open()).toBeNull();
  expect(await openBundle(pathToFileURL(`${folder}/nothing/`))).toBeNull();
});

test('the stack of an error names the file and the line of the source', async () => {
  const { folder, open } = await makeBundle();
  const bundle = await open();
  const stackOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      return (error as Error).stack ?? '';
    }
    return '';
  };
  const [message, place] = stackOf(() => bundle?.exports.fail()).split('\n');
  expect(message).toBe('Error: on the fifth line');
  expect(place).toContain(`(${join(folder, 'source.ts')}:5:`);
  rmSync(join(folder, bundleFiles.map));
  // Without the map a stack is one all the same.
  Error.prepareStackTrace = prepare;
  const again = await open();
  expect(stackOf(() => again?.exports.fail())).toContain(`${join(folder, bundleFiles.code)}:`);
});
