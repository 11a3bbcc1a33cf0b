import { connectDatabase, migrate } from '@parley/postgres';
import { freshDatabase, freshDatabases } from '@parley/testing';
import { expect, test } from 'vitest';
import { migrations } from './service.js';
import { postgresAccounts } from './store/accounts.postgres.js';
import { anonymous, bearer, givenAuth, log, password } from './testing/fixtures.js';

const usernameFits = 'coalesce(username_key, username_folded) like :pattern';

const plan = async (
  database: Awaited<ReturnType<typeof freshDatabase>>,
  pattern: string,
  condition = usernameFits,
): Promise<string> => {
  const { rows } = await database.knex.raw<{ rows: { 'QUERY PLAN': string }[] }>(
    `explain select * from accounts where realm = 'main' and deleted_at is null and number > 0
       and (${condition}) order by number limit 50`,
    { pattern },
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
};

test('a name that nobody has is not looked for in every account', async () => {
  await using database = await freshDatabase({ schema: 'auth', migrations });
  await database.knex.raw(`
    insert into accounts (id, realm, number, kind, username, username_folded, username_key, name, name_key, created_at)
      select gen_random_uuid(), 'main', i, 'person', u, u, u, u, u, now()
        from (select i, 'user' || md5(i::text) as u from generate_series(1, 20000) i) s`);
  await database.knex.raw('vacuum analyze accounts');
  expect(await plan(database, '%nobody%')).toContain('accounts_name_search');
  const either = await plan(database, '%nobody%', `${usernameFits} or name_key like :pattern`);
  expect(either).toContain('accounts_name_search');
  expect(either).toContain('accounts_display_name_search');
});

test('people are found by display name where that is asked for, after a new one by that', async () => {
  await using given = await givenAuth();
  const { client } = given;
  await client.account.register({ username: 'glh', name: 'Grace Hopper', password }, anonymous());
  const grace = bearer(await given.signIn('glh'));
  const search = async (contains: string, by?: 'names') =>
    (await client.account.search({ contains, ...(by && { by }) }, grace)).map(({ username }) => username);
  expect(await search('hOPPer', 'names')).toEqual(['glh']);
  expect(await search('gl', 'names')).toEqual(['glh']);
  expect(await search('hopper')).toEqual([]);
  expect(await client.account.setName({ name: 'Admiral Hopper' }, grace)).toMatchObject({ name: 'Admiral Hopper' });
  expect(await search('admiral', 'names')).toEqual(['glh']);
  expect(await search('grace', 'names')).toEqual([]);
});

test('a display name is changed by its account alone, and is no other account’s user name', async () => {
  await using given = await givenAuth();
  const [ada, bob] = [await given.person(), await given.person()];
  const { account } = given.client;
  await expect(account.setName({ name: bob.username }, bearer(ada))).rejects.toMatchObject({
    reason: 'username_taken',
  });
  await expect(account.setName({ name: 'Eve' }, anonymous())).rejects.toMatchObject({ code: 'unauthenticated' });
  await account.setName({ name: 'Countess' }, bearer(ada));
  expect((await given.signIn(ada.username)).account.name).toBe('Countess');
  await given.client.session.end({ sessionId: ada.sessionId }, bearer(ada));
  await expect(account.setName({ name: 'Late' }, bearer(ada))).rejects.toMatchObject({ reason: 'session_ended' });
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
    const page = { contains: 'nobody', by: 'names' as const, after: 0, limit: 10, bytesMax: 1000 };
    await expect(postgresAccounts(database).search('main', page)).resolves.toEqual([]);
  } finally {
    await database.close();
    await admin.knex.raw(`drop schema auth cascade; drop role ${role}`);
    await admin.close();
  }
});
