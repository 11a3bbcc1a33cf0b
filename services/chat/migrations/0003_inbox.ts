import type { Knex } from 'knex';

export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create table chat.inboxes (
      account_id uuid primary key,
      realm      text not null,
      head       bigint not null default 0,
      floor      bigint not null default 0,
      check (head >= floor and floor >= 0)
    ) with (fillfactor = 70);

    create table chat.inbox (
      account_id     uuid not null,
      sequence       bigint not null check (sequence > 0),
      realm          text not null,
      channel_id     uuid not null,
      entry_sequence bigint not null,
      primary key (account_id, sequence)
    );

    create table chat.receipts (
      account_id uuid not null,
      channel_id uuid not null,
      realm      text not null,
      sequence   bigint not null,
      primary key (account_id, channel_id)
    ) with (fillfactor = 80);
  `);
};
