// Runs where pgbouncer is installed; the tests do not require it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@parley/runtime';
import { eventually, freshDatabases, freePort } from '@parley/testing';
import { afterEach, expect, test } from 'vitest';
import { checkDatabase, connectDatabase } from './index.js';

const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer'].find((path) =>
  existsSync(path),
);
const log = createLog({ service: 'test', level: 'silent' });
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

/** pgbouncer refuses to run as root. */
const nobody = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((word) => Number(spawnSync('id', [word, 'nobody']).stdout.toString()));
  return { uid: uid ?? 65_534, gid: gid ?? 65_534 };
};

const pooled = async (mode: 'session' | 'transaction'): Promise<string> => {
  const database = await freshDatabases([]);
  undo.push(() => database[Symbol.asyncDispose]());
  const { hostname, port: serverPort, username, password, pathname } = new URL(database.url);
  const folder = mkdtempSync(join(tmpdir(), 'parley-pgbouncer-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const secret = password === '' ? '' : ` password=${decodeURIComponent(password)}`;
  const settings = [
    '[databases]',
    `* = host=${hostname} port=${serverPort} user=${username}${secret}`,
    '[pgbouncer]',
    `listen_addr=127.0.0.1\nlisten_port=${port}\nunix_socket_dir=\nauth_type=any\npool_mode=${mode}`,
  ];
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, settings.join('\n'), { mode: 0o644 });
  const child: ChildProcess = spawn(program ?? '', [file], { ...nobody(), stdio: 'ignore' });
  undo.push(async () => {
    const ended = once(child, 'exit');
    if (child.exitCode === null && child.kill('SIGKILL')) await ended;
  });
  const url = `postgres://${username}@127.0.0.1:${port}${pathname}`;
  const first = connectDatabase({ url, schema: 'public', poolMax: 1, log });
  undo.push(() => first.close());
  await eventually(() =>
    first.ping().then(
      () => true,
      () => false,
    ),
  );
  return url;
};

test.skipIf(!program)('PgBouncer with session pooling is usable, and each pool has its own settings', async () => {
  const url = await pooled('session');
  expect(await checkDatabase(url, ['chat'])).toBeNull();
  const shown = await Promise.all(
    ['auth', 'chat'].map(async (schema) => {
      const database = connectDatabase({ url, schema, statementTimeoutMs: 4_321, poolMax: 1, log });
      undo.push(() => database.close());
      const { rows } = await database.knex.raw<{ rows: unknown[] }>(
        `select current_setting('search_path') as path, current_setting('statement_timeout') as statement`,
      );
      return rows[0];
    }),
  );
  expect(shown).toEqual([
    { path: 'auth', statement: '4321ms' },
    { path: 'chat', statement: '4321ms' },
  ]);
});

test.skipIf(!program)('PgBouncer with transaction pooling is refused in a sentence', async () => {
  const url = await pooled('transaction');
  expect(await checkDatabase(url, ['chat'])).toEqual({
    kind: 'wrong',
    sentence: expect.stringMatching(
      /^DATABASE_URL: a pooler in transaction mode .* \(pool_mode = session\)$/,
    ) as string,
  });
});
