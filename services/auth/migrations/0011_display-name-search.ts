import type { Knex } from 'knex';

export const displayNameSearch = {
  up: async (knex: Knex): Promise<void> => {
    // As accounts_name_search, for display names. Where the extension is missing, such a search reads all accounts.
    await knex.raw(`
      do $$
      declare
        found_in text;
      begin
        select n.nspname into found_in
          from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
        if found_in is not null then
          execute format(
            'create index accounts_display_name_search on accounts using gin (name_key %I.gin_trgm_ops) where deleted_at is null',
            found_in);
        end if;
      end $$;
    `);
  },
};
