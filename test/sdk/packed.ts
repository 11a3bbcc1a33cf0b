import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Packs the SDK as a release does, and installs it in an empty folder with these packages: from local files alone, with a cache of its own. */
export const packSdk = async (folder: string, packages: readonly string[]): Promise<void> => {
  const npm = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', join(folder, 'cache')];
  await run('npm', ['pack', ...npm, '--pack-destination', folder], { cwd: join(root, 'libs/client') });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'newcomer', private: true }));
  const others = packages.map((name) => join(root, 'node_modules', name));
  await run('npm', ['install', ...npm, join(folder, tarball), ...others], { cwd: folder });
};
