import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { busUserNames } from '@parley/contracts';

export interface SecretPlaces {
  /** Has a folder for each reader. */
  readonly folder: string;
  /** Where PostgreSQL keeps its data. */
  readonly postgres: string;
  /** The PARLEY_SECRET of a database that is restored; default: a random one is made. */
  readonly secret?: string | undefined;
}

/** The text of a file below the folder, made when it is not there yet. */
type Keep = (name: string, make: () => string) => string;

/** The roles of PostgreSQL, as libs/postgres/src/roles.postgres.ts names them: who owns the tables, and who uses a schema. */
const databaseRoles = ['owner', 'auth', 'topics', 'chat', 'signaling'];

const random = (): string => randomBytes(32).toString('base64url');

/** Written whole or not at all, readable by processes of the group. */
const keepIn =
  (folder: string): Keep =>
  (name, make) => {
    const path = `${folder}/${name}`;
    if (!existsSync(path)) {
      writeFileSync(`${path}.new`, make(), { mode: 0o440 });
      renameSync(`${path}.new`, path);
      console.log(`made ${name}`);
    }
    return readFileSync(path, 'utf8');
  };

const makeDatabase = (keep: Keep, { folder, postgres }: SecretPlaces): void => {
  // A new password would not open what an old one closed; say so instead of letting every service try in vain.
  if (!existsSync(`${folder}/database/password`) && existsSync(postgres) && readdirSync(postgres).length > 0)
    throw new Error(
      'The volume of PostgreSQL holds data, but its password is gone with the volume "secrets-database". ' +
        'Restore that volume, or remove both to start anew.',
    );
  const url = (role: string, password: string): string => `postgres://${role}:${password}@postgres:5432/parley`;
  const admin = keep('database/password', random);
  keep('database/url', () => url('parley', admin));
  // What migrates gives each role its password, so these may be made anew at any time.
  for (const role of databaseRoles) {
    const password = keep(`database-${role}/password`, random);
    keep(`database-${role}/url`, () => url(`parley_${role}`, password));
  }
};

/** NATS reads all passwords, each service its own. */
const makeBus = (keep: Keep): void => {
  const passwords = busUserNames.map((user) => {
    const password = keep(`bus-${user}/password`, random);
    keep(`bus-${user}/url`, () => `nats://${user}:${password}@nats:4222`);
    return `${user.replaceAll('-', '_')}_password: "${password}"\n`;
  });
  keep('bus/passwords.conf', () => passwords.join(''));
};

const makeRedis = (keep: Keep): void => {
  const password = keep('redis/password', random);
  keep('redis/password.conf', () => `requirepass ${password}\n`);
  keep('redis/url', () => `redis://:${password}@redis:6379`);
};

const makeAuth = (keep: Keep, { secret }: SecretPlaces): void => {
  const kept = keep('auth/secret', () => secret ?? random());
  if (secret !== undefined && secret !== kept)
    throw new Error(
      'PARLEY_SECRET is not the secret in the volume "secrets-auth", which is never changed. ' +
        'Remove that volume to start with the given one.',
    );
};

const parts = new Map<string, (keep: Keep, places: SecretPlaces) => unknown>([
  ['auth', makeAuth],
  ['database', makeDatabase],
  ['bus', makeBus],
  ['redis', makeRedis],
  ['grafana', (keep) => keep('grafana/password', random)],
]);

const checkNames = (names: readonly string[]): void => {
  const unknown = names.find((name) => !parts.has(name));
  if (unknown !== undefined)
    throw new Error(`There are no secrets ${unknown}; there are ${[...parts.keys()].join(', ')}`);
};

/** Makes what is missing of each part, at random; what is there is never changed. Throws a sentence for the operator. */
export const makeSecrets = (places: SecretPlaces, names: readonly string[]): void => {
  checkNames(names);
  const keep = keepIn(places.folder);
  for (const name of names) parts.get(name)?.(keep, places);
};

/** One line `folder/file value` for each generated secret and password, sorted. No names: of all parts. */
export const listSecrets = ({ folder }: SecretPlaces, names: readonly string[] = []): string[] => {
  checkNames(names);
  const isWanted = (reader: string): boolean =>
    names.length === 0 || names.some((name) => reader === name || reader.startsWith(`${name}-`));
  return readdirSync(folder)
    .filter(isWanted)
    .sort()
    .flatMap((reader) =>
      ['secret', 'password']
        .map((file) => `${reader}/${file}`)
        .filter((file) => existsSync(`${folder}/${file}`))
        .map((file) => `${file} ${readFileSync(`${folder}/${file}`, 'utf8')}`),
    );
};
