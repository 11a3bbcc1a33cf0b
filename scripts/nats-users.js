// node scripts/nats-users.js: writes the users of the bus and their permissions, as libs/contracts declares them, where compose and the
// charts read them. A test holds that they are up to date.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { natsUsersFile } from '@parley/bus';

export const natsUsersFiles = ['deploy/compose/nats-users.conf', 'k8s/charts/platform/files/nats-users.conf'];

const heading = '# Made from libs/contracts/src/bus-users.ts by `node scripts/nats-users.js`; do not edit.\n';
export const natsUsersText = () => heading + natsUsersFile();

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const path of natsUsersFiles)
    writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), natsUsersText());
