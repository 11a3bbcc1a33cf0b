// Makes one file of standalone and all that it imports, out of what the compiler wrote: `node services/standalone/dist/build/bundle.js`.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBundle } from './make-bundle.js';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..');
await makeBundle(join(dist, 'src/run.js'), join(dist, 'bundle'));
