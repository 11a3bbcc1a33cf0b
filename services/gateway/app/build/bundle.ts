// Makes what the gateway serves at /app, and the SDK as one script, out of what the compiler wrote:
// `node services/gateway/app/dist/build/bundle.js`.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const target = join(root, '../dist/app');
/** The gateway may be serving the folder: the new one takes its place when it is complete. */
const fresh = `${target}.new`;
const assets = join(fresh, 'assets');

const hashOf = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex').slice(0, 10);

const bundleScripts = async (): Promise<string> => {
  const bundle = await rolldown({
    input: { main: join(root, 'dist/main.js') },
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  });
  const { output } = await bundle.write({
    dir: assets,
    format: 'es',
    minify: true,
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
  });
  await bundle.close();
  const entry = output.find((chunk) => chunk.type === 'chunk' && chunk.isEntry);
  if (entry === undefined) throw new Error('The bundler made no entry');
  return entry.fileName;
};

/** Indentation and comments only: what compression does not remove by itself. */
const smaller = (css: string): string => css.replace(/\/\*[^*]*\*\//g, '').replace(/\n\s*/g, '\n');

const bundleStyles = (): string => {
  const folder = join(root, 'styles');
  const css = readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const name = `style-${hashOf(css)}.css`;
  writeFileSync(join(assets, name), smaller(css));
  return name;
};

const writePage = (script: string, style: string): void => {
  const page = readFileSync(join(root, 'public/index.html'), 'utf8');
  writeFileSync(
    join(fresh, 'index.html'),
    page.replace('{script}', `/app/assets/${script}`).replace('{style}', `/app/assets/${style}`),
  );
};

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const bundleWorker = async (): Promise<void> => {
  const files = filesBelow(fresh);
  const buildId = hashOf(files.map((file) => file + hashOf(readFileSync(file))).join());
  const paths = files.filter((file) => !file.endsWith('.html')).map((file) => `/app${file.slice(fresh.length)}`);
  const bundle = await rolldown({
    input: join(root, 'dist/worker/service-worker.js'),
    transform: { define: { buildId: JSON.stringify(buildId), buildFiles: JSON.stringify(paths) } },
  });
  await bundle.write({ file: join(fresh, 'service-worker.js'), format: 'iife', minify: true });
  await bundle.close();
};

/** Beside each text its compressed forms, which the gateway sends as they are. */
const compress = (folder: string): void => {
  for (const file of filesBelow(folder)) {
    if (!/\.(?:js|css|html|svg|webmanifest)$/.test(file)) continue;
    const content = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(content));
  }
};

/** The SDK as one script, for `<script src="/static/parley.js">` and for the package; and what makes its other form CommonJS. */
const bundleSdk = async (): Promise<void> => {
  const sdk = join(root, '../../../libs/client/dist');
  const bundle = await rolldown({
    input: join(sdk, 'index.js'),
    platform: 'browser',
    transform: { target: 'es2023' },
  });
  await bundle.write({
    file: join(sdk, 'parley.js'),
    format: 'iife',
    name: 'Parley',
    exports: 'named',
    minify: true,
    // Annotations for a bundler that would take this file as its input.
    comments: false,
  });
  await bundle.close();
  const served = join(root, '../dist/browser');
  cpSync(join(sdk, 'parley.js'), join(served, 'parley.js'));
  compress(served);
  // An image is built without the other form.
  mkdirSync(join(sdk, 'cjs'), { recursive: true });
  writeFileSync(join(sdk, 'cjs/package.json'), '{ "type": "commonjs" }\n');
};

await bundleSdk();
rmSync(fresh, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });
cpSync(join(root, 'public'), fresh, { recursive: true });
writePage(await bundleScripts(), bundleStyles());
await bundleWorker();
compress(fresh);
rmSync(target, { recursive: true, force: true });
renameSync(fresh, target);
