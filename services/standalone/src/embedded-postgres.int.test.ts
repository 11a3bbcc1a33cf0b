import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDatabase, connectDatabase, ownerRole } from '@parley/postgres';
import { createLog } from '@parley/runtime';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';

const log = createLog({ service: 'standalone', level: 'fatal' });
const passwordOf = (role: string): string => `password of ${role}`.replaceAll(' ', '-');
const folder = mkdtempSync(join(tmpdir(), 'parley-embedded-'));
// As root, the test runs PostgreSQL as another user, which has to enter the folder.
chmodSync(folder, 0o755);
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const connected = (url: string) => {
  const database = connectDatabase({ url, schema: 'chat', poolMax: 1, log });
  undo.push(() => database.close());
  return database.knex;
};
const superuserUrl = ({ ownerUrl }: EmbeddedPostgres): string => {
  const url = new URL(ownerUrl);
  url.username = 'parley';
  url.password = passwordOf('parley');
  return url.toString();
};
const start = () => startEmbeddedPostgres(folder, passwordOf, ['chat'], log);

test('a folder whose tables belong to the superuser, as in earlier versions, is the owner’s after the next start', async () => {
  const first = await start();
  const before = connected(superuserUrl(first));
  await before.raw('create schema chat; create table chat.things (word text)');
  await before.destroy();
  await first.stop();

  const second = await start();
  undo.push(() => second.stop());
  const { rows } = await connected(second.ownerUrl).raw<{ rows: { tableowner: string }[] }>(
    `select tableowner from pg_tables where schemaname = 'chat'`,
  );
  expect(rows).toEqual([{ tableowner: ownerRole }]);
  await connected(second.ownerUrl).raw('alter table chat.things add column more int');
  const as = await connected(second.urlFor('chat')).raw<{ rows: { name: string; super: boolean }[] }>(
    `select rolname as name, rolsuper as super from pg_roles where rolname = current_user`,
  );
  expect(as.rows).toEqual([{ name: 'parley_chat', super: false }]);
  await expect(connected(second.urlFor('chat')).raw('drop table chat.things')).rejects.toThrow(/denied|must be owner/);
});

test('a wrong password is a sentence without it', async () => {
  const server = await start();
  undo.push(() => server.stop());
  const url = new URL(server.ownerUrl);
  expect(await checkDatabase(url.toString(), ['topics'])).toBeNull();
  url.password = 'not-the-one';
  expect(await checkDatabase(url.toString(), ['topics'])).toEqual({
    kind: 'refused',
    place: url.host,
    sentence: `DATABASE_URL: PostgreSQL at ${url.host} refused the user or the password`,
  });
});
