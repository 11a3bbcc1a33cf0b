import type { Knex } from 'knex';

export const accountSearch = {
  up: async (knex: Knex): Promise<void> => {
    // The extension comes with PostgreSQL, and the owner of a database may create it. Where an operator has forbidden that, searching is as
    // before: correct, and as slow as there are accounts.
    await knex.raw(`
      do $$
      declare
        found_in text;
      begin
        begin
          create extension if not exists pg_trgm;
        exception when insufficient_privilege or undefined_file or feature_not_supported then
          raise notice 'Without the extension pg_trgm, searching for accounts reads all of them';
        end;
        select n.nspname into found_in
          from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
        if found_in is not null then
          execute format(
            'create index accounts_name_search on accounts using gin ((coalesce(username_key, username_folded)) %I.gin_trgm_ops)
               where deleted_at is null',
            found_in);
        end if;
      end $$;
    `);
  },
};
