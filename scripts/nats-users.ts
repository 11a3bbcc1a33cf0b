// npm run nats-users: writes the users of the bus and their permissions, as libs/contracts declares them, where compose and
// the charts read them; a test holds that they are up to date. `--print` prints them for a NATS of your own and writes nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { natsUsersFile } from '@parley/bus';
import { readCommandLine } from './command-line.js';
import { root } from './repository.js';

const heading = '# Made from libs/contracts/src/bus-users.ts by `npm run nats-users`; do not edit.\n';
// Each file and where it includes the passwords from: there and not in the file that includes this one, since a variable is known in
// the file in which it is defined or included.
const targets = {
  'deploy/compose/nats-users.conf': '../../run/parley/bus/passwords.conf',
  'k8s/charts/platform/files/nats-users.conf': '../secret/nats-passwords.conf',
};

const { values } = readCommandLine({
  command: 'npm run nats-users --',
  about: 'Writes the users of the bus and their permissions where compose and the charts read them.',
  options: {
    print: { type: 'boolean', default: false, help: 'prints them for a NATS of your own and writes nothing' },
  },
});
if (values.print) process.stdout.write(natsUsersFile());
else
  for (const [target, passwords] of Object.entries(targets))
    writeFileSync(join(root, target), `${heading}include "${passwords}"\n${natsUsersFile()}`);
