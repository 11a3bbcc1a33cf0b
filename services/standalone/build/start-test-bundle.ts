// Starts a service from its bundle, or from its modules where the bundle is missing or older than they are:
// `node services/standalone/dist/build/start-test-bundle.js chat main`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openBundle } from '../src/bundle.js';
import { bundleOf, entriesOf } from './test-entries.js';

type Exports = Readonly<Record<string, () => Promise<{ readonly done: Promise<void> }>>>;

const [service = '', entry = 'main'] = process.argv.slice(2);
const bundle = await openBundle<Exports>(pathToFileURL(join(bundleOf(service), '/')));
const load = bundle?.exports[entry];
if (load) await (await load()).done;
else
  await import(pathToFileURL(entry === 'migrate' ? (entriesOf(service).migrate ?? '') : entriesOf(service).main).href);
await bundle?.keepCompiled();
