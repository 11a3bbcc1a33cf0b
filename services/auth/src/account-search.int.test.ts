import { connectDatabase, migrate } from '@parley/postgres';
import { freshDatabase, freshDatabases } from '@parley/testing';
import { expect, test } from 'vitest';
import { migrations } from './service.js';
import { postgresAccounts } from './store/accounts.postgres.js';
import { anonymous, givenAuth, log, password } from './testing/fixtures.js';

const plan = async (database: Awaited<ReturnType<typeof freshDatabase>>, pattern: string): Promise<string> => {
  const { rows } = await database.knex.raw<{ rows: { 'QUERY PLAN': string }[] }>(
    `explain select * from accounts where realm = 'main' and deleted_at is null and number > 0
       and coalesce(username_key, username_folded) like ? order by number limit 50`,
    [pattern],
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
};

test('a name that nobody has is not looked for in every account', async () => {
  await using database = await freshDatabase({ schema: 'auth', migrations });
  await database.knex.raw(`
    insert into accounts (id, realm, number, kind, username, username_folded, username_key, name, created_at)
      select gen_random_uuid(), 'main', i, 'person', u, u, u, u, now()
        from (select i, 'user' || md5(i::text) as u from generate_series(1, 20000) i) s`);
  await database.knex.raw('vacuum analyze accounts');
  expect(await plan(database, '%nobody%')).toContain('accounts_name_search');
});

test.each(['50%', 'a_b', 'back\\slash'])(
  '%s is found as it is written, and nothing that it would match as a pattern',
  async (text) => {
    await using given = await givenAuth();
    const others = ['500', 'axb', 'backslash'].map((username) => ({ username, password }));
    for (const account of [{ username: text, password }, ...others])
      await given.client.account.register(account, anonymous());
    const found = await given.client.account.search({ contains: text, after: 0, limit: 10 }, anonymous());
    expect(found.map(({ username }) => username)).toEqual([text]);
  },
);

test('where an operator forbids extensions, accounts are found all the same', async () => {
  await using empty = await freshDatabases([]);
  const admin = connectDatabase({ url: empty.url, schema: 'public', poolMax: 1, log });
  const role = `searcher_${Date.now().toString(36)}`;
  await admin.knex.raw(`create role ${role} login; create schema auth authorization ${role}`);
  const url = new URL(empty.url);
  url.username = role;
  const database = connectDatabase({ url: url.href, schema: 'auth', poolMax: 2, log });
  try {
    await migrate(database, migrations);
    const { rows } = await database.knex.raw<{ rows: unknown[] }>(
      `select 1 from pg_extension where extname = 'pg_trgm'`,
    );
    expect(rows).toEqual([]);
    const page = { contains: 'nobody', after: 0, limit: 10, bytesMax: 1000 };
    await expect(postgresAccounts(database).search('main', page)).resolves.toEqual([]);
  } finally {
    await database.close();
    await admin.knex.raw(`drop schema auth cascade; drop role ${role}`);
    await admin.close();
  }
});
