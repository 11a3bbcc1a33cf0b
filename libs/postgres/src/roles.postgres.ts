import type { Knex } from 'knex';
import { isWorthRepeating } from './faults.js';

/** The role of a service, unless its DATABASE_URL names another: it may use the tables of its schema and owns nothing. */
export const serviceRole = (schema: string): string => `parley_${schema}`;
/** The role that owns the database and its schemas and applies migrations. */
export const ownerRole = 'parley_owner';

export interface RolePasswords {
  readonly owner: string;
  /** Passwords by schema. */
  readonly services: Readonly<Record<string, string>>;
}

const triesMax = 3;

/**
 * Creates the roles of a database or updates their passwords, and moves the objects of its schemas to the owner, including those that an
 * earlier version created as a superuser or as the admin. `admin` connects as a superuser, or as a role with CREATEROLE and CREATEDB that
 * owns the database and becomes a member of the owner. Idempotent.
 */
export const provisionRoles = async (admin: Knex, passwords: RolePasswords): Promise<void> => {
  for (let tries = 1; ; tries++) {
    try {
      return await provisionOnce(admin, passwords);
    } catch (error) {
      // Services of an earlier version may be using these tables.
      if (!isWorthRepeating(error) || tries === triesMax) throw error;
    }
  }
};

const provisionOnce = async (admin: Knex, passwords: RolePasswords): Promise<void> => {
  const schemas = Object.keys(passwords.services);
  await admin.transaction(async (tx) => {
    // Roles belong to the whole server: two of its databases may be prepared at the same time.
    await tx.raw(`select pg_advisory_xact_lock(hashtext('parley roles'))`);
    await ensureRole(tx, ownerRole, passwords.owner);
    for (const [schema, password] of Object.entries(passwords.services))
      await ensureRole(tx, serviceRole(schema), password);
    await joinOwner(tx);
    await moveDatabase(tx);
    for (const schema of schemas) await moveOwnership(tx, schema);
  });
};

const ensureRole = async (tx: Knex, role: string, password: string): Promise<void> => {
  const { rows } = await tx.raw<{ rows: { restricted: boolean }[] }>(
    `select rolcanlogin and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls) as restricted
       from pg_roles where rolname = ?`,
    [role],
  );
  if (rows.length === 0) await tx.raw('create role ?? login', [role]);
  // Only a superuser may execute this, even where it changes nothing.
  else if (rows[0]?.restricted !== true)
    await tx.raw('alter role ?? login nosuperuser nocreatedb nocreaterole noreplication nobypassrls', [role]);
  // This statement takes no parameters, and the text of a failed one may be logged.
  await tx.raw(`select set_config('parley.password', ?, true)`, [password]);
  await tx.raw(`do $$ begin
    execute format('alter role %I password %L', '${role}', current_setting('parley.password'));
  end $$`);
  await tx.raw(`select set_config('parley.password', '', true)`);
};

/** A role that is no superuser has to be a member of the role to which it transfers objects, and so keeps their use. */
const joinOwner = async (tx: Knex): Promise<void> => {
  const { rows } = await tx.raw<{ rows: unknown[] }>(
    `select from pg_roles where rolname = current_user and (rolsuper or pg_has_role(rolname, ?, 'usage'))`,
    [ownerRole],
  );
  if (rows.length === 0) await tx.raw('grant ?? to current_user', [ownerRole]);
};

const moveDatabase = async (tx: Knex): Promise<void> => {
  const { rows } = await tx.raw<{ rows: { name: string }[] }>(
    `select datname as name from pg_database where datname = current_database() and pg_get_userbyid(datdba) <> ?`,
    [ownerRole],
  );
  for (const { name } of rows) await tx.raw('alter database ?? owner to ??', [name, ownerRole]);
};

const moveOwnership = async (tx: Knex, schema: string): Promise<void> => {
  const { rows } = await tx.raw<{ rows: { statement: string }[] }>(
    `with space as (select oid, nspowner from pg_namespace where nspname = :schema),
          keeper as (select oid from pg_roles where rolname = :owner)
     select format('alter schema %I owner to %I', :schema::text, :owner::text) as statement
       from space, keeper where nspowner <> keeper.oid
     union all
     -- Views and sequences too; a sequence of a column goes with its table.
     select format('alter table %s owner to %I', c.oid::regclass, :owner::text)
       from pg_class c join space on c.relnamespace = space.oid, keeper
      where c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relowner <> keeper.oid
        and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass
                         and d.refobjsubid > 0 and d.deptype in ('a', 'i'))
     union all
     select format('alter routine %s owner to %I', p.oid::regprocedure, :owner::text)
       from pg_proc p join space on p.pronamespace = space.oid, keeper
      where p.proowner <> keeper.oid
        -- Functions of an extension belong to the superuser, whichever role created it.
        and not exists (select from pg_depend d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e')
     union all
     select format('alter type %s owner to %I', t.oid::regtype, :owner::text)
       from pg_type t join space on t.typnamespace = space.oid, keeper
      where t.typtype in ('e', 'd') and t.typowner <> keeper.oid`,
    { schema, owner: ownerRole },
  );
  for (const { statement } of rows) await tx.raw(statement.replaceAll('?', String.raw`\?`));
};

/** Whether this connection may change the schema. */
export const mayMigrate = async (knex: Knex, schema: string): Promise<boolean> => {
  const { rows } = await knex.raw<{ rows: { may: boolean }[] }>(
    `select coalesce(
       (select pg_has_role(current_user, nspowner, 'usage') from pg_namespace where nspname = ?),
       has_database_privilege(current_database(), 'create')) as may`,
    [schema],
  );
  return rows[0]?.may === true;
};

/**
 * Grants the service's role the use of all present and future objects of the schema; does nothing when the role does not exist. Run by the
 * owner after migrating.
 */
export const grantToService = async (knex: Knex, schema: string): Promise<void> => {
  const role = serviceRole(schema);
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    'select 1 from pg_roles where rolname = ? and rolname <> current_user',
    [role],
  );
  if (rows.length === 0) return;
  const names = { schema, role };
  for (const statement of [
    'grant usage on schema :schema: to :role:',
    'grant select, insert, update, delete on all tables in schema :schema: to :role:',
    'grant usage, select on all sequences in schema :schema: to :role:',
    'grant execute on all routines in schema :schema: to :role:',
    'alter default privileges in schema :schema: grant select, insert, update, delete on tables to :role:',
    'alter default privileges in schema :schema: grant usage, select on sequences to :role:',
    'alter default privileges in schema :schema: grant execute on routines to :role:',
    // Only the owner records applied migrations.
    'revoke insert, update, delete on :schema:.migrations from :role:',
  ])
    await knex.raw(statement, names);
};

/** Whether the service's role has what `grantToService` grants, on each object of the schema; true when there is no such role. */
export const isGrantedToService = async (knex: Knex, schema: string): Promise<boolean> => {
  const { rows } = await knex.raw<{ rows: { granted: boolean }[] }>(
    `with role as (select oid from pg_roles where rolname = :role),
          space as (select oid, nspowner from pg_namespace where nspname = :schema)
     select has_schema_privilege(role.oid, space.oid, 'usage')
        and not exists (
              select from pg_class c where c.relnamespace = space.oid and case
                when c.relkind in ('r', 'p', 'v', 'm', 'f') then not has_table_privilege(role.oid, c.oid, 'select')
                  or c.relname <> 'migrations' and not (
                       has_table_privilege(role.oid, c.oid, 'insert') and has_table_privilege(role.oid, c.oid, 'update')
                       and has_table_privilege(role.oid, c.oid, 'delete'))
                when c.relkind = 'S' then not (has_sequence_privilege(role.oid, c.oid, 'usage')
                  and has_sequence_privilege(role.oid, c.oid, 'select'))
                else false end)
        and not exists (
              select from pg_proc p where p.pronamespace = space.oid
                and not has_function_privilege(role.oid, p.oid, 'execute'))
        -- Tables, sequences and routines that the owner makes later.
        and (select count(distinct d.defaclobjtype) from pg_default_acl d, aclexplode(d.defaclacl) granted
              where d.defaclnamespace = space.oid and d.defaclrole = space.nspowner and granted.grantee = role.oid) = 3
            as granted
       from role, space where role.oid <> space.nspowner`,
    { role: serviceRole(schema), schema },
  );
  return rows[0]?.granted ?? true;
};
