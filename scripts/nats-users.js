// node scripts/nats-users.js: writes the users of the bus and their permissions, as libs/contracts declares them, where compose
// reads them. A test holds that they are up to date.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { natsUsersFile } from '@parley/bus';

const target = 'deploy/compose/nats-users.conf';
const heading = '# Made from libs/contracts/src/bus-users.ts by `node scripts/nats-users.js`; do not edit.\n';
// Here and not in the file that includes this one: a variable is known in the file in which it is defined or included.
const passwords = 'include "../../run/parley/bus/passwords.conf"\n';

writeFileSync(fileURLToPath(new URL(`../${target}`, import.meta.url)), heading + passwords + natsUsersFile());
