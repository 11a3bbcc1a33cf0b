// The script with which Compose starts PostgreSQL and the migrations that follow it, on a new volume and on one of 0.1.0.
import { connectDatabase, migrate, ownerRole, serviceRole } from '@parley/postgres';
import { migrations } from '@parley/topics';
import { type Certificates, makeCertificates } from '@parley/testing';
import { expect, test } from 'vitest';
import { type Volume, asked, jobOf, migrateAll, openVolume, runJob, schemas } from './compose-volume.js';

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
