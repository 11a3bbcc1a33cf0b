// deploy/compose/backup.sh, as the service `backup` runs it, against a real PostgreSQL with the tables of every service.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownerRole, serviceRole } from '@parley/postgres';
import { eventually, makeCertificates, postgresPrograms } from '@parley/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Volume, asked, migrateAll, openVolume } from './compose-volume.js';

const pathTo = (file: string): string => fileURLToPath(new URL(`../deploy/${file}`, import.meta.url));
const { folder: programs } = await postgresPrograms();
const areThere = ['pg_dump', 'pg_restore', 'psql'].every((name) => existsSync(join(programs, name)));
const step = 1_000_000_000;

// The package that brings PostgreSQL where none is installed has only what a server needs; the script is for the tools of a Linux image.
describe.skipIf(!areThere || process.platform !== 'linux')('backups of the compose stack', () => {
  let volume: Volume;
  let folder: string;
  let passwords: string;
  beforeAll(async () => {
    volume = await openVolume('today');
    await migrateAll(volume);
    passwords = mkdtempSync(join(tmpdir(), 'parley-backup-'));
    writeFileSync(join(passwords, 'password'), new URL(volume.urlOf(ownerRole)).password);
  }, 180_000);
  afterAll(async () => {
    rmSync(passwords, { recursive: true, force: true });
    await volume[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-backup-'));
    await write('truncate topics.counters, chat.streams, chat.inboxes');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (sql: string): Promise<object[]> => asked(volume.urlOf(ownerRole), sql);

  const environment = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
    PATH: `${programs}:${process.env['PATH']}`,
    PGHOST: '127.0.0.1',
    PGPORT: String(volume.server.port),
    PGDATABASE: 'parley',
    PGUSER: ownerRole,
    PGAPPNAME: 'parley-backup',
    PGPASSWORD_FILE: join(passwords, 'password'),
    BACKUP_FOLDER: folder,
    AFTER_RESTORE_SQL: pathTo('postgres/after-restore.sql'),
    ...more,
  });

  const backup = (args: readonly string[], more?: Record<string, string>): Promise<{ code: number; output: string }> =>
    new Promise((resolve) => {
      const child = execFile('sh', [pathTo('compose/backup.sh'), ...args], { env: environment(more) }, (_, out, err) =>
        resolve({ code: child.exitCode ?? -1, output: `${out}${err}` }),
      );
    });

  /** As the container runs it, until it is stopped. */
  const schedule = (more: Record<string, string> = {}): AsyncDisposable & { readonly child: ChildProcess } => {
    const child = spawn('sh', [pathTo('compose/backup.sh'), 'schedule'], { env: environment(more), stdio: 'ignore' });
    return {
      child,
      [Symbol.asyncDispose]: async () => {
        if (child.exitCode !== null) return;
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  };

  const dumps = (): string[] =>
    readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
  const partial = (): string[] => readdirSync(folder).filter((name) => name.startsWith('.partial'));

  const aStream = (id: number, head: number): string =>
    `insert into chat.streams (channel_id, realm, kind, number, title, membership_version, head)
       values ('00000000-0000-0000-0000-00000000000${id}', 'main', 'room', ${id}, 'x', 1, ${head})`;

  test('a restored database is that of the dump, with nothing of later, and its streams go on beyond what was given out', async () => {
    await write(`insert into topics.counters values ('main', 7)`);
    await write(aStream(1, 40));
    expect(await backup(['now'])).toMatchObject({ code: 0 });
    await write(`update topics.counters set channel_number = 9; create table chat.added_later (id int)`);
    await write(aStream(2, 1));
    await write('update chat.streams set head = 45 where number = 1');
    expect(await backup(['restore', 'latest'])).toMatchObject({ code: 0 });
    // As the roles of the services, whose privileges are in the dump.
    expect(await asked(volume.urlOf(serviceRole('topics')), 'select channel_number from topics.counters')).toEqual([
      { channel_number: 7 },
    ]);
    const streams = 'select number, head, uncounted from chat.streams';
    expect(await asked(volume.urlOf(serviceRole('chat')), streams)).toEqual([
      { number: 1, head: String(step + 40), uncounted: String(step) },
    ]);
    expect(await write(`select to_regclass('chat.added_later') as later`)).toEqual([{ later: null }]);
    await expect(asked(volume.urlOf(serviceRole('topics')), streams)).rejects.toThrow(/permission denied/);
    // What a start does next.
    await migrateAll(volume);
  });

  test('a dump goes out by standard output and comes back by standard input', async () => {
    await write(`insert into topics.counters values ('main', 7)`);
    await backup(['now']);
    const file = join(passwords, 'copy.dump');
    const out = openSync(file, 'w');
    await once(
      spawn('sh', [pathTo('compose/backup.sh'), 'print'], { env: environment(), stdio: ['ignore', out, 'ignore'] }),
      'close',
    );
    closeSync(out);
    await write('delete from topics.counters');
    const input = openSync(file, 'r');
    const [code] = (await once(
      spawn('sh', [pathTo('compose/backup.sh'), 'restore', '-'], {
        env: environment(),
        stdio: [input, 'ignore', 'ignore'],
      }),
      'close',
    )) as [number];
    closeSync(input);
    expect(code).toBe(0);
    expect(await write('select channel_number from topics.counters')).toEqual([{ channel_number: 7 }]);
  });

  test('only so many are kept, the newest', async () => {
    for (const year of [2021, 2022, 2023]) writeFileSync(join(folder, `parley-${year}0101T000000Z.dump`), '');
    writeFileSync(join(folder, 'parley-of-mine.txt'), '');
    expect(await backup(['now'], { BACKUP_KEEP: '2' })).toMatchObject({ code: 0 });
    const [older, newer, other] = dumps();
    expect([older, other]).toEqual(['parley-20230101T000000Z.dump', 'parley-of-mine.txt']);
    expect(newer).toMatch(/^parley-20[2-9]\d[01]\d[0-3]\dT\d{6}Z\.dump$/);
    expect(await backup(['list'])).toMatchObject({ code: 0, output: `${older}\n${newer}\n` });
  });

  test('a dump that was cut short is not restored, and changes nothing', async () => {
    await write(`insert into topics.counters values ('main', 7)`);
    await backup(['now']);
    const [name = ''] = dumps();
    truncateSync(join(folder, name), Math.floor(readFileSync(join(folder, name)).length * 0.8));
    await write('update topics.counters set channel_number = 9');
    const { code, output } = await backup(['restore', name]);
    expect(code, output).not.toBe(0);
    expect(await write('select channel_number from topics.counters')).toEqual([{ channel_number: 9 }]);
  });

  test('nothing is restored below services that run', async () => {
    await backup(['now']);
    const service = new pg.Client({ connectionString: volume.urlOf(serviceRole('chat')) });
    await service.connect();
    try {
      expect(await backup(['restore', 'latest'])).toMatchObject({
        code: 2,
        output: expect.stringMatching(/^backup: parley_chat are connected; stop the services first: /) as string,
      });
    } finally {
      await service.end();
    }
  });

  test('a schedule whose dump fails keeps nothing of it, says so in its health, and recovers', async () => {
    const health = () => backup(['health']);
    expect(await health()).toMatchObject({ code: 0 });
    // As a dump that was killed leaves it.
    writeFileSync(join(folder, '.partial-parley-20210101T000000Z.dump'), 'half');
    const wrong = join(passwords, 'wrong');
    writeFileSync(wrong, 'not the password');
    {
      await using _ = schedule({ BACKUP_EVERY: '1s', PGPASSWORD_FILE: wrong });
      await eventually(async () => expect(await health()).toMatchObject({ code: 1 }), { withinMs: 60_000 });
      expect((await health()).output).toBe('the last backup failed with exit status 2\n');
      expect([dumps(), partial()]).toEqual([[], []]);
    }
    await using _ = schedule({ BACKUP_EVERY: '1s' });
    await eventually(async () => expect(await health()).toMatchObject({ code: 0 }), { withinMs: 60_000 });
    await eventually(() => dumps().length >= 2, { withinMs: 60_000 });
  }, 180_000);

  test('a schedule that is stopped ends at once, whatever it waits for', async () => {
    await using running = schedule({ BACKUP_EVERY: '30d' });
    await eventually(() => dumps().length === 1, { withinMs: 60_000 });
    running.child.kill('SIGTERM');
    expect(await once(running.child, 'exit')).toEqual([0, null]);
    // Started again it waits for the next one, and does not repeat the last.
    expect(dumps()).toHaveLength(1);
  });

  test('with certificates (compose.tls.yml) a dump is made over TLS that verifies the server, and not without', async () => {
    const certificates = makeCertificates();
    try {
      await using secured = await openVolume('today', certificates);
      // The admin, because nothing is migrated here.
      writeFileSync(join(passwords, 'admin'), new URL(secured.urlOf('parley')).password);
      const login = {
        PGPORT: String(secured.server.port),
        PGUSER: 'parley',
        PGPASSWORD_FILE: join(passwords, 'admin'),
      };
      const { caFile, certFile, keyFile } = certificates.client;
      const tls = { PGSSLMODE: 'verify-full', PGSSLROOTCERT: caFile, PGSSLCERT: certFile, PGSSLKEY: keyFile };
      expect(await backup(['now'], login)).toMatchObject({ code: 2 });
      expect(dumps()).toEqual([]);
      expect(await backup(['now'], { ...login, ...tls })).toMatchObject({ code: 0 });
      expect(dumps()).toHaveLength(1);
      const foreign = makeCertificates();
      expect(await backup(['now'], { ...login, ...tls, PGSSLROOTCERT: foreign.client.caFile })).toMatchObject({
        code: 2,
      });
      foreign.remove();
    } finally {
      certificates.remove();
    }
  }, 120_000);

  test('settings that cannot be meant are refused with a sentence', async () => {
    for (const every of ['daily', '0h', '-1h', '99999999h', '1w'])
      expect((await backup(['list'], { BACKUP_EVERY: every })).output).toMatch(/^backup: BACKUP_EVERY is a number/);
    for (const keep of ['0', 'all', '-1'])
      expect(await backup(['list'], { BACKUP_KEEP: keep })).toMatchObject({
        code: 2,
        output: expect.stringMatching(/^backup: BACKUP_KEEP is how many/) as string,
      });
    mkdirSync(join(folder, 'parley-folder.dump'));
    expect(await backup(['restore', 'parley-2020.dump'])).toMatchObject({ code: 2 });
    expect(await backup([])).toMatchObject({ code: 2 });
  });
});
