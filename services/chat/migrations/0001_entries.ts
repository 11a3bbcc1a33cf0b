import type { Knex } from 'knex';

/** A message is the entry of kind `message`: docs/adr/0003-a-message-is-an-entry.md. */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create table chat.streams (
      channel_id         uuid primary key,
      realm              text not null,
      kind               text not null,
      number             integer not null,
      slug               text,
      title              text not null,
      membership_version integer not null,
      head               bigint not null default 0,
      floor              bigint not null default 0,
      check (head >= floor and floor >= 0)
    ) with (fillfactor = 70);

    comment on column chat.streams.head is 'Last sequence given out; moved only by append_messages, under the row lock.';
    comment on column chat.streams.title is 'number, kind, slug, title and membership_version: the channel as it was at its last append.';

    create table chat.entries (
      channel_id uuid not null,
      sequence   bigint not null check (sequence > 0),
      kind       text not null default 'message',
      id         uuid not null default gen_random_uuid() unique,
      number     bigint not null generated always as identity unique,
      realm      text not null,
      sender_id  uuid not null,
      sender     jsonb not null,
      client_id  text not null,
      content    jsonb not null,
      raw        text,
      inbox      jsonb,
      bytes      integer not null,
      sent_at    timestamptz not null,
      primary key (channel_id, sequence) include (kind, bytes),
      unique (channel_id, sender_id, client_id)
    );

    comment on column chat.entries.number is 'An identity, never an order: its values commit out of order.';
    comment on column chat.entries.bytes is 'At least the length of the message as JSON; in the key index, so that a page is measured without reading it.';
    comment on column chat.entries.inbox is 'The places a direct message took, so that a repeat can be answered and told again.';
  `);
};
