import { ownerRole, provisionRoles, serviceRole } from '@parley/postgres';
import { prepareServiceDatabases, startPostgres, type RunningServer } from '@parley/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase } from './connect.js';
import { migrate } from './migrate.js';
import { waitForServer } from './wait-for-server.js';

const schemas = ['auth', 'topics', 'chat', 'signaling'];
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let server: RunningServer;
let urls: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startPostgres();
  urls = await prepareServiceDatabases(server.url);
});
afterAll(() => server.stop());

const asked = async <T extends object>(url: string | undefined, sql: string): Promise<T[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
};

const roles = [ownerRole, ...schemas.map(serviceRole)];

test('no role of Parley may do more on the server than sign in', async () => {
  const found = await asked<{ rolname: string }>(
    server.url,
    `select rolname from pg_roles where rolname like 'parley%' and rolcanlogin and not (rolsuper or rolcreatedb or rolcreaterole
       or rolreplication or rolbypassrls)`,
  );
  expect(found.map(({ rolname }) => rolname).sort()).toEqual([...roles].sort());
  const memberships = await asked(
    server.url,
    `select from pg_auth_members where member in (select oid from pg_roles where rolname like 'parley%')`,
  );
  expect(memberships).toEqual([]);
});

const owners = (url: string) =>
  asked<{ kind: string; name: string; owner: string }>(
    url,
    `select 'relation' as kind, c.oid::regclass::text as name, pg_get_userbyid(relowner) as owner
       from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = any ('{${schemas.join(',')}}')
     union all select 'routine', p.oid::regprocedure::text, pg_get_userbyid(proowner)
       from pg_proc p join pg_namespace n on n.oid = pronamespace where nspname = any ('{${schemas.join(',')}}')
         -- Functions of an extension are the superuser's, whoever created it.
         and not exists (select from pg_depend d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e')
     union all select 'schema', nspname, pg_get_userbyid(nspowner) from pg_namespace where nspname = any ('{${schemas.join(',')}}')`,
  );

test('a service owns nothing: schemas, tables and functions are of the owner', async () => {
  const found = await owners(server.url);
  expect(found.length).toBeGreaterThan(40);
  expect(new Set(found.map(({ owner }) => owner))).toEqual(new Set([ownerRole]));
});

test.each(schemas)('%s uses every table of its own schema and none of another', async (schema) => {
  const rights = await asked<{ schema: string; name: string; rights: string[] }>(
    urls[schema],
    `select nspname as schema, relname as name, array(select r from unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) r
         where has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, r)) as rights
       from pg_class c join pg_namespace n on n.oid = relnamespace
      where relkind in ('r', 'p', 'v') and nspname = any ('{${schemas.join(',')}}')`,
  );
  for (const { schema: of, name, rights: has } of rights) {
    const expected = name === 'migrations' ? ['SELECT'] : ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
    expect([of, name, has]).toEqual([of, name, of === schema ? expected : []]);
  }
});

test.each([
  ['a table', 'revoke update on chat.entries from parley_chat', 'update', 'entries'],
  ['the schema', 'revoke usage on schema chat from parley_chat', 'select', 'entries'],
])(
  'what a service lacks on %s is granted again when it starts, though its schema is current',
  async (_of, revoke, right, table) => {
    await asked(server.url, revoke);
    const database = connectDatabase({
      url: urls['chat'] ?? '',
      ownerUrl: server.url,
      schema: 'chat',
      poolMax: 2,
      log: quiet,
    });
    try {
      await migrate(database, {});
      const [row] = await asked<{ may: boolean }>(
        urls['chat'],
        `select has_schema_privilege('chat', 'usage') and has_table_privilege('chat.${table}', '${right}') as may`,
      );
      expect(row).toEqual({ may: true });
    } finally {
      await database.close();
    }
  },
);

test.each(schemas)('%s changes no schema: neither its tables nor what is public', async (schema) => {
  const [table] = await asked<{ name: string }>(
    urls[schema],
    `select tablename as name from pg_tables where schemaname = '${schema}'`,
  );
  for (const sql of [
    `drop table ${schema}.${table?.name}`,
    `alter table ${schema}.${table?.name} add column more int`,
    `create table ${schema}.more ()`,
    'create schema more',
    'create role more',
    `set role ${ownerRole}`,
    `copy (select 1) to program 'true'`,
  ])
    await expect(asked(urls[schema], sql), sql).rejects.toThrow(/permission denied|must be owner|must be superuser/);
});

const up = (sql: string) => ({
  up: async (knex: { raw(text: string): PromiseLike<unknown> }) => void (await knex.raw(sql)),
});

test('what a later migration makes can be used at once, and the service waits for whoever migrates', async () => {
  const owner = new URL(server.url);
  await asked(server.url, `create role parley_later login password 'later'; alter role ${ownerRole} password 'owner'`);
  owner.username = ownerRole;
  owner.password = 'owner';
  const own = new URL(server.url);
  own.username = 'parley_later';
  own.password = 'later';
  const service = connectDatabase({ url: own.toString(), schema: 'later', log: quiet });
  const migrating = connectDatabase({ url: owner.toString(), schema: 'later', log: quiet });
  const migrations = { '0001_things': up('create table things (id bigint generated always as identity, word text)') };
  try {
    const waiting = migrate(service, migrations);
    await migrate(migrating, migrations);
    await waiting;
    await service.knex.raw(`insert into things (word) values ('one')`);
    await migrating.knex.raw('create table more (id serial)');
    await service.knex.raw('insert into more default values');
    await expect(service.knex.raw(`insert into migrations (name) values ('x')`)).rejects.toThrow(/permission denied/);
  } finally {
    await service.close();
    await migrating.close();
  }
});

test('a database that an earlier version filled as a superuser moves to the owner with all it holds', async () => {
  const before = await startPostgres();
  try {
    const superuser = connectDatabase({ url: before.url, schema: 'chat', log: quiet });
    const older = {
      '0001_older': up(`create type mood as enum ('good'); create table things (id bigserial, mood mood);
        create view seen as select id from things; create function one() returns int language sql as 'select 1'`),
    };
    await migrate(superuser, older);
    await superuser.knex.raw(`insert into things (mood) values ('good')`);
    await superuser.close();
    // The current migrations do not apply to the schema that this test created.
    await prepareServiceDatabases(before.url).catch(() => undefined);
    const found = await owners(before.url);
    expect(found.filter(({ owner }) => owner !== ownerRole)).toEqual([]);
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(['chat.things', 'chat.seen', 'chat.one()']));
    await expect(asked(before.url, 'select mood from chat.things')).resolves.toEqual([{ mood: 'good' }]);
  } finally {
    await before.stop();
  }
});

test('an admin that is no superuser makes the roles and moves what it owned; a second time nothing changes', async () => {
  const before = await startPostgres();
  try {
    await asked(before.url, `create role admin login createrole createdb password 'admin'`);
    await asked(before.url, 'create database parley owner admin');
    const urlAs = (role: string, password: string): string => {
      const url = new URL(before.url);
      return Object.assign(url, { username: role, password, pathname: '/parley' }).toString();
    };
    const admin = connectDatabase({ url: urlAs('admin', 'admin'), schema: 'chat', log: quiet });
    await migrate(admin, { '0001_things': up(`create table things (id bigserial)`) });
    await admin.knex.raw('insert into things default values');
    for (const password of ['first', 'second']) {
      await provisionRoles(admin.knex, { owner: password, services: { chat: password } });
      expect(new Set((await owners(urlAs('admin', 'admin'))).map(({ owner }) => owner))).toEqual(new Set([ownerRole]));
      const owner = connectDatabase({ url: urlAs(ownerRole, password), schema: 'chat', log: quiet });
      await migrate(owner, { '0001_things': up(''), '0002_more': up('create table more (id int)') });
      await owner.close();
      await expect(asked(urlAs('parley_chat', password), 'select id from chat.things')).resolves.toEqual([{ id: '1' }]);
    }
    await admin.close();
  } finally {
    await before.stop();
  }
});

test('a service that starts before its role is made waits for it', async () => {
  const url = new URL(server.url);
  Object.assign(url, { username: 'parley_early', password: 'early' });
  let waits = (): void => {};
  const isWaiting = new Promise<void>((resolve) => (waits = resolve));
  // It logs that it waits.
  const early = connectDatabase({ url: url.toString(), schema: 'early', log: { ...quiet, warn: () => waits() } });
  try {
    await expect(early.ping()).rejects.toThrow();
    const waiting = waitForServer(early);
    await isWaiting;
    await asked(server.url, `create role parley_early login password 'early'`);
    await waiting;
  } finally {
    await early.close();
  }
});
