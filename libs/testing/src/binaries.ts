import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { canInstall, install } from './install.js';

/** Paths of the server programs of a test run. */
export interface Binaries {
  readonly nats: string;
  readonly redis: string;
  readonly postgres: string;
  readonly initdb: string;
}

export const whatToInstall =
  'install nats-server, redis-server and postgresql (Debian: apt-get install nats-server redis-server postgresql)';

/** Variables with the connection strings of the run's shared servers; set them before the run to use other servers. */
export const serverVariables = {
  postgresUrl: 'PARLEY_TEST_POSTGRES_URL',
  natsUrl: 'PARLEY_TEST_NATS_URL',
  redisUrl: 'PARLEY_TEST_REDIS_URL',
} as const;

/** One line that says why tests with servers cannot run here; `undefined` when they can. */
export const whyNoServers = async (): Promise<string | undefined> => {
  if (Object.values(serverVariables).every((name) => process.env[name] !== undefined)) return undefined;
  const found = await obtainBinaries();
  return 'missing' in found ? `no ${found.missing.join(', ')} here; ${whatToInstall}` : undefined;
};

/**
 * The server programs on this machine, installed first if permitted (root on Debian or Ubuntu); otherwise the names of the missing ones.
 */
export const obtainBinaries = async (): Promise<Binaries | { missing: string[] }> => {
  const found = look();
  if (!('missing' in found) || !canInstall()) return found;
  // Servers that are started together ask together, and the package manager serves one at a time.
  installing ??= install(found.missing).finally(() => (installing = undefined));
  await installing;
  return look();
};

let installing: Promise<void> | undefined;

const look = (): Binaries | { missing: string[] } => {
  const nats = find('nats-server');
  const redis = find('redis-server');
  const postgres = findPostgres();
  if (nats !== undefined && redis !== undefined && postgres !== undefined) return { nats, redis, ...postgres };
  const packages = { 'nats-server': nats, 'redis-server': redis, postgresql: postgres };
  return { missing: Object.entries(packages).flatMap(([name, found]) => (found === undefined ? [name] : [])) };
};

const folders = (): string[] => [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/sbin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
];

const find = (name: string): string | undefined =>
  folders()
    .map((folder) => join(folder, name))
    .find((path) => path.startsWith('/') && existsSync(path));

/** The folder must hold both programs: a lone `postgres` on the PATH may be another program. Debian's folder is not on the PATH. */
const findPostgres = (): Pick<Binaries, 'postgres' | 'initdb'> | undefined => {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const candidates = [
    ...folders()
      .map((folder) => join(folder, 'postgres'))
      .filter(existsSync)
      .map((path) => dirname(realpathSync(path))),
    ...versions.map((version) => join(debian, version, 'bin')),
  ];
  const folder = candidates.find((one) => existsSync(join(one, 'postgres')) && existsSync(join(one, 'initdb')));
  return folder === undefined ? undefined : { postgres: join(folder, 'postgres'), initdb: join(folder, 'initdb') };
};
