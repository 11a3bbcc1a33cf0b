// The script with which Compose starts PostgreSQL and the migrations that follow it, on a new volume and on one of 0.1.0.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectDatabase, migrate, ownerRole, serviceRole } from '@parley/postgres';
import { migrations } from '@parley/topics';
import {
  type Certificate,
  type Certificates,
  type RunningServer,
  makeCertificates,
  postgresPrograms,
  runServer,
  serviceCommand,
  type ServiceName,
} from '@parley/testing';
import pg from 'pg';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../deploy/compose/postgres.sh', import.meta.url));
const schemas = ['auth', 'topics', 'chat', 'signaling'] as const;

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

interface Volume extends AsyncDisposable {
  readonly server: RunningServer;
  /** What the job `secrets` writes: the URL of a role of the database. */
  urlOf(role: string): string;
  /** Stops the server and goes on with the script of today. */
  upgrade(): Promise<void>;
}

const openVolume = async (begin: 'today' | '0.1.0', certificates?: Certificates): Promise<Volume> => {
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

const asked = async <T extends object>(url: string, sql: string): Promise<T[]> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
};

const runJob = (service: ServiceName, env: Record<string, string>): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, serviceCommand(service, 'migrate'), { env }, (error, stdout, stderr) =>
      error ? reject(new Error(`${stdout}${stderr}`)) : resolve(),
    );
  });

const jobOf = (service: string, { urlOf }: Volume): Record<string, string> => ({
  DATABASE_URL: urlOf(ownerRole),
  PARLEY_DATABASE_ADMIN_URL: urlOf('parley'),
  PARLEY_DATABASE_SERVICE_URL: urlOf(serviceRole(service)),
});

/** The jobs of the compose file, all at once as Compose starts them. */
const migrateAll = (volume: Volume): Promise<unknown> =>
  Promise.all(schemas.map((service) => runJob(service, jobOf(service, volume))));

/** What a service of 0.1.0 does first. */
const migrateAsService = async (url: string): Promise<void> => {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const database = connectDatabase({ url, schema: 'topics', log });
  try {
    await migrate(database, migrations);
  } finally {
    await database.close();
  }
};

const expectRoles = async ({ urlOf }: Volume): Promise<void> => {
  const roles = await asked<{ rolname: string; privileged: boolean }>(
    urlOf('parley'),
    `select rolname, rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication as privileged
       from pg_roles where rolname like 'parley\\_%' order by rolname`,
  );
  expect(roles).toEqual([...schemas, 'owner'].sort().map((name) => ({ rolname: `parley_${name}`, privileged: false })));
  const owners = await asked<{ owner: string }>(
    urlOf('parley'),
    `select distinct pg_get_userbyid(relowner) as owner from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname in ('auth', 'topics', 'chat', 'signaling')
     union select pg_get_userbyid(datdba) from pg_database where datname = 'parley'`,
  );
  expect(owners).toEqual([{ owner: ownerRole }]);
  for (const schema of schemas) {
    const own = urlOf(serviceRole(schema));
    expect(await asked(own, `select name from ${schema}.migrations`)).not.toHaveLength(0);
    const other = schema === 'chat' ? 'auth' : 'chat';
    await expect(asked(own, `select from ${other}.migrations`)).rejects.toThrow(/permission denied/);
    await expect(asked(own, `drop table ${schema}.migrations`)).rejects.toThrow(/must be owner/);
  }
};

test('a new volume: services connect as roles of their own, and nobody from outside as the superuser', async () => {
  await using volume = await openVolume('today');
  await migrateAll(volume);
  await expectRoles(volume);
  const superuser = volume.urlOf('postgres');
  await expect(asked(superuser, 'select 1')).rejects.toThrow(/pg_hba.conf rejects connection/);
  await expect(asked(superuser.replace(/parley$/, 'postgres'), 'select 1')).rejects.toThrow(/rejects/);
  await volume.server.kill('SIGINT');
  await volume.server.start();
  await runJob('chat', jobOf('chat', volume));
  await expectRoles(volume);
}, 180_000);

test('a volume of 0.1.0, where one role owned everything, is moved without loss', async () => {
  await using volume = await openVolume('0.1.0');
  const before = volume.urlOf('parley');
  await migrateAsService(before);
  await asked(before, `insert into topics.counters values ('kept', 7)`);
  await volume.upgrade();
  await migrateAll(volume);
  await expectRoles(volume);
  const own = volume.urlOf(serviceRole('topics'));
  const kept = `select channel_number from topics.counters where realm = 'kept'`;
  expect(await asked(own, kept)).toEqual([{ channel_number: 7 }]);
  // Processes of 0.1.0 that still run, or run again, go on.
  expect(await asked(before, kept)).toEqual([{ channel_number: 7 }]);
  await migrateAsService(before);
}, 180_000);

test('with certificates nobody connects without one of the same authority, and what migrates verifies the server', async () => {
  const [ours, foreign] = [makeCertificates(), makeCertificates()];
  try {
    await using volume = await openVolume('today', ours);
    const files = ({ client: { caFile, certFile, keyFile } }: Certificates): Record<string, string> => ({
      PARLEY_DATABASE_CA_FILE: caFile,
      PARLEY_DATABASE_CERT_FILE: certFile,
      PARLEY_DATABASE_KEY_FILE: keyFile,
    });
    const job = jobOf('chat', volume);
    await runJob('chat', { ...job, ...files(ours) });
    for (const [environment, sentence] of [
      [{}, /^PARLEY_DATABASE_ADMIN_URL: [^\n]+ without TLS; set sslmode\.\n$/],
      [
        { PARLEY_DATABASE_CA_FILE: ours.client.caFile },
        /^PARLEY_DATABASE_ADMIN_URL: [^\n]+ asks for a client certificate/,
      ],
      [
        files(foreign),
        /^PARLEY_DATABASE_ADMIN_URL: [^\n]+ shows a certificate that is signed by no authority [^\n]+\n$/,
      ],
    ] as const)
      await expect(runJob('chat', { ...job, ...environment })).rejects.toThrow(sentence);
  } finally {
    ours.remove();
    foreign.remove();
  }
}, 180_000);
