// A volume of PostgreSQL as Compose has it: started by deploy/compose/postgres.sh, migrated by the jobs of docker-compose.yml.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownerRole, serviceRole } from '@parley/postgres';
import {
  type Certificate,
  type Certificates,
  type RunningServer,
  type ServiceName,
  postgresPrograms,
  runServer,
  serviceCommand,
} from '@parley/testing';
import pg from 'pg';

const script = fileURLToPath(new URL('../deploy/compose/postgres.sh', import.meta.url));
export const schemas = ['auth', 'topics', 'chat', 'signaling'] as const;

/** What 0.1.0 made: one role that owns the database and is no superuser, and every service connects as it. */
const scriptOfBefore = `set -eu
data=$1
shift
if [ ! -s "$data/PG_VERSION" ]; then
  initdb --pgdata="$data" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth=peer --no-instructions >/dev/null
  printf 'local all postgres peer\\nhost parley parley all scram-sha-256\\n' >"$data/pg_hba.conf"
  { printf "create role parley login password '"; cat "$PASSWORD_FILE"; printf "'\\n"; } | postgres --single -D "$data" postgres >/dev/null
  echo 'create database parley owner parley' | postgres --single -D "$data" postgres >/dev/null
fi
exec postgres -D "$data" -c listen_addresses='*' "$@"
`;

export interface Volume extends AsyncDisposable {
  readonly server: RunningServer;
  /** What the job `secrets` writes: the URL of a role of the database. */
  urlOf(role: string): string;
  /** Stops the server and goes on with the script of today. */
  upgrade(): Promise<void>;
}

export const openVolume = async (begin: 'today' | '0.1.0', certificates?: Certificates): Promise<Volume> => {
  const { folder: programs, user } = await postgresPrograms();
  const passwords = new Map<string, string>();
  const urlOf = (role: string, port: number): string => {
    if (!passwords.has(role)) passwords.set(role, randomBytes(24).toString('base64url'));
    return `postgres://${role}:${passwords.get(role)}@127.0.0.1:${port}/parley`;
  };
  let place = '';
  const server = await runServer({
    name: 'compose-postgres',
    binary: '/usr/bin/env',
    stopSignal: 'SIGINT',
    ...(user && { user }),
    url: (port) => urlOf('parley', port),
    prepare: async (folder) => {
      place = join(folder, 'postgres.sh');
      if (begin === 'today') copyFileSync(script, place);
      else writeFileSync(place, scriptOfBefore);
      if (certificates) mountCertificates(folder, certificates.postgres);
      writeFileSync(join(folder, 'password'), new URL(urlOf('parley', 0)).password);
    },
    arguments: (folder, port) => [
      `PATH=${programs}:${process.env['PATH']}`,
      `PASSWORD_FILE=${join(folder, 'password')}`,
      `RUN_FOLDER=${folder}`,
      `TLS_FOLDER=${join(folder, 'tls')}`,
      ...['sh', place, join(folder, 'data', 'cluster')],
      ...[`port=${port}`, 'listen_addresses=127.0.0.1', 'fsync=off'].flatMap((setting) => ['-c', setting]),
    ],
    probe: async (port) => void (await asked(`${urlOf('parley', port)}${tlsParameters(certificates)}`, 'select 1')),
  });
  return {
    server,
    urlOf: (role) => urlOf(role, server.port),
    upgrade: async () => {
      await server.kill('SIGINT');
      copyFileSync(script, place);
      await server.start();
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
};

const tlsParameters = (certificates?: Certificates): string =>
  certificates === undefined
    ? ''
    : `?sslmode=no-verify&sslcert=${certificates.client.certFile}&sslkey=${certificates.client.keyFile}`;

/** As compose.tls.yml does; the group of the stores may read the key there. */
const mountCertificates = (folder: string, { caFile, certFile, keyFile }: Certificate): void => {
  const mounted = join(folder, 'tls');
  mkdirSync(mounted);
  for (const file of [caFile, certFile, keyFile]) copyFileSync(file, join(mounted, basename(file)));
  chmodSync(join(mounted, 'postgres.key'), 0o644);
};

export const asked = async <T extends object>(url: string, sql: string): Promise<T[]> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
};

export const runJob = (service: ServiceName, env: Record<string, string>): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, serviceCommand(service, 'migrate'), { env }, (error, stdout, stderr) =>
      error ? reject(new Error(`${stdout}${stderr}`)) : resolve(),
    );
  });

export const jobOf = (service: string, { urlOf }: Volume): Record<string, string> => ({
  DATABASE_URL: urlOf(ownerRole),
  PARLEY_DATABASE_ADMIN_URL: urlOf('parley'),
  PARLEY_DATABASE_SERVICE_URL: urlOf(serviceRole(service)),
});

/** The jobs of the compose file, all at once as Compose starts them. */
export const migrateAll = (volume: Volume): Promise<unknown> =>
  Promise.all(schemas.map((service) => runJob(service, jobOf(service, volume))));
