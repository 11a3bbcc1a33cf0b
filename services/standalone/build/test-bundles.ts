// Bundles what the processes of the five services run, because slow tests start many. The images run the
// modules themselves, and so do journeys.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'rolldown';
import { isCurrentBundle } from '../src/bundle.js';
import { makeBundle } from './make-bundle.js';
import { bundleOf, entriesOf, services } from './test-entries.js';

/** CommonJS has no `await` at the top level: an entry exports what it would await. */
const entriesExport = (entries: readonly string[]): Plugin => ({
  name: 'entries-export',
  transform: (code, id) =>
    entries.includes(id) ? { code: code.replace(/^await /m, 'export const done = '), map: null } : null,
});

/** A file as deep as the bundle, and no virtual module: paths to what a bundle leaves out are relative to its entry. */
const writeEntry = (file: string, entries: Readonly<Record<string, string>>): void => {
  const lines = Object.entries(entries).map(
    ([name, entry]) => `export const ${name} = () => import(${JSON.stringify(entry)});\n`,
  );
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.join(''));
};

for (const service of services) {
  const target = bundleOf(service);
  if (await isCurrentBundle(pathToFileURL(join(target, '/')))) continue;
  const entries = entriesOf(service);
  const entry = join(`${target}.entry`, 'index.js');
  writeEntry(entry, entries);
  await makeBundle(entry, target, [entriesExport(Object.values(entries))]);
}
