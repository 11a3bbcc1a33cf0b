// make-secrets.js <part>…: what Compose runs before anything else. Each part is a folder or several, each a volume that only its readers
// mount, so nothing that is secret stands in a compose file, in the settings of a container or in a list of processes.
// make-secrets.js print [<part>…]: prints what was made.
import { listSecrets, makeSecrets } from './secrets.js';

const { PARLEY_SECRET: secret } = process.env;
const places = { folder: '/run/parley', postgres: '/var/lib/parley/postgres', ...(secret && { secret }) };
const [first, ...others] = process.argv.slice(2);

try {
  if (first === 'print') for (const line of listSecrets(places, others)) console.log(line);
  else makeSecrets(places, process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
