import type { Knex } from 'knex';

// A restored channel goes on far beyond its last entry (docs/adr/0062-compose-profiles-and-backups.md), so sequences have a hole there. The former function
// took a sequence without an entry for one before the moment, and looked beyond the hole.
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create or replace function chat.sequence_at(of_channel uuid, moment timestamptz) returns bigint
    language plpgsql stable as $$
    declare
      low    bigint;
      high   bigint;
      middle bigint;
      known  bigint;
      at     timestamptz;
    begin
      -- Times rise with sequences.
      select s.floor + 1, s.head + 1 into low, high from chat.streams s where s.channel_id = of_channel;
      while low < high loop
        middle := (low + high) / 2;
        select e.sequence, e.sent_at into known, at from chat.entries e
          where e.channel_id = of_channel and e.sequence >= middle and e.sequence < high
          order by e.sequence limit 1;
        if not found or at >= moment then
          high := middle;
        else
          low := known + 1;
        end if;
      end loop;
      return coalesce(low, 1);
    end
    $$;
    comment on function chat.sequence_at is
      'Entries from this sequence on are at or after a moment, those before it are earlier; beyond the last entry if all are earlier.';
  `);
};
