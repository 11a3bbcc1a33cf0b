import { openBundle } from './bundle.js';
import type * as run from './run.js';

// The build makes one file of all modules, which loads several times faster. Without it, as when only the compiler ran, the modules
// themselves are loaded.
const bundle = await openBundle<typeof run>(new URL('../bundle/', import.meta.url));
const { runStandalone } = bundle?.exports ?? (await import('./run.js'));
await runStandalone(process.argv.slice(2), process.env);
await bundle?.keepCompiled();
