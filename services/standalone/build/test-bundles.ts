// Bundles what the processes of the five services run, because tests start many: `npm test` runs it after the build. The images run the
// modules themselves, and so do journeys.
import { join } from 'node:path';
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

const virtual = 'entries-of-a-service';
const entryOf = (entries: Readonly<Record<string, string>>): Plugin => ({
  name: 'entry',
  resolveId: (id) => (id === virtual ? id : null),
  load: (id) =>
    id === virtual
      ? Object.entries(entries)
          .map(([name, file]) => `export const ${name} = () => import(${JSON.stringify(file)});`)
          .join('\n')
      : null,
});

for (const service of services) {
  const target = bundleOf(service);
  if (await isCurrentBundle(pathToFileURL(join(target, '/')))) continue;
  const entries = entriesOf(service);
  await makeBundle(virtual, target, [entryOf(entries), entriesExport(Object.values(entries))]);
}
