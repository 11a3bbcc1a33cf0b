// node scripts/nats-users.js: writes the users of the bus and their permissions, as libs/contracts declares them, where compose and
// the charts read them; a test holds that they are up to date. `--print` prints them for a NATS of your own and writes nothing.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { natsUsersFile } from '@parley/bus';

const heading = '# Made from libs/contracts/src/bus-users.ts by `node scripts/nats-users.js`; do not edit.\n';
// Each file and where it includes the passwords from: there and not in the file that includes this one, since a variable is known in
// the file in which it is defined or included.
const targets = {
  'deploy/compose/nats-users.conf': '../../run/parley/bus/passwords.conf',
  'k8s/charts/platform/files/nats-users.conf': '../secret/nats-passwords.conf',
};

const { values } = parseArgs({ options: { print: { type: 'boolean', default: false } } });
if (values.print) process.stdout.write(natsUsersFile());
else
  for (const [target, passwords] of Object.entries(targets))
    writeFileSync(
      fileURLToPath(new URL(`../${target}`, import.meta.url)),
      `${heading}include "${passwords}"\n${natsUsersFile()}`,
    );
