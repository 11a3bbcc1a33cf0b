// make-secrets.js <part>…: what Compose runs before anything else. Each part is a folder or several, each a volume that only its readers
// mount, so nothing that is secret stands in a compose file, in the settings of a container or in a list of processes.
import { makeSecrets } from './secrets.js';

try {
  makeSecrets({ folder: '/run/parley', postgres: '/var/lib/parley/postgres' }, process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
