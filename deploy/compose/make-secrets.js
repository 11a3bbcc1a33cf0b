// make-secrets.js <folder>…: what each folder is to hold, made at random when it is not there yet, and never changed afterwards.
// Each folder is a volume that only its readers mount, so nothing that is secret stands in a compose file, in the settings of a
// container or in a list of processes.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const root = '/run/parley';
const stored = '/var/lib/parley/postgres';
const folders = process.argv.slice(2);

/** The text of a file, made on the first start. Written whole or not at all, readable for whoever runs in the group. */
const kept = (name, make) => {
  const path = `${root}/${name}`;
  if (!existsSync(path)) {
    writeFileSync(`${path}.new`, make(), { mode: 0o440 });
    renameSync(`${path}.new`, path);
    console.log(`made ${name}`);
  }
  return readFileSync(path, 'utf8');
};

/** As libs/contracts/src/bus-users.ts names them. */
const busUsers = ['auth', 'topics', 'chat', 'signaling', 'gateway', 'sample-data'];

/** The roles of PostgreSQL, as libs/postgres/src/roles.postgres.ts names them: who owns the tables, and who uses a schema. */
const databaseRoles = ['owner', 'auth', 'topics', 'chat', 'signaling'];

const random = () => randomBytes(32).toString('base64url');

const make = {
  auth: () => kept('auth/secret', random),
  database: () => {
    // A new password would not open what an old one closed; say so instead of letting every service try in vain.
    if (!existsSync(`${root}/database/password`) && existsSync(stored) && readdirSync(stored).length > 0) {
      throw new Error(
        'The volume of PostgreSQL holds data, but its password is gone with the volume "secrets-database". ' +
          'Restore that volume, or remove both to start anew.',
      );
    }
    const url = (role, password) => `postgres://${role}:${password}@postgres:5432/parley`;
    const admin = kept('database/password', random);
    kept('database/url', () => url('parley', admin));
    // What migrates gives each role its password, so these may be made anew at any time.
    for (const role of databaseRoles) {
      const password = kept(`database-${role}/password`, random);
      kept(`database-${role}/url`, () => url(`parley_${role}`, password));
    }
  },
  bus: () => {
    // NATS reads all passwords, each service its own.
    const passwords = busUsers.map((user) => {
      const password = kept(`bus-${user}/password`, random);
      kept(`bus-${user}/url`, () => `nats://${user}:${password}@nats:4222`);
      return `${user.replaceAll('-', '_')}_password: "${password}"\n`;
    });
    kept('bus/passwords.conf', () => passwords.join(''));
  },
  redis: () => {
    const password = kept('redis/password', random);
    kept('redis/password.conf', () => `requirepass ${password}\n`);
    kept('redis/url', () => `redis://:${password}@redis:6379`);
  },
  grafana: () => kept('grafana/password', random),
};

try {
  for (const folder of folders) make[folder]();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
