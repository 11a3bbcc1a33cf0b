import type { Knex } from 'knex';

/** Channels, their numbers, their members and their banned accounts. */
export const channels = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      create table counters (
        realm text primary key,
        channel_number integer not null
      );

      create table channels (
        id uuid primary key,
        realm text not null,
        number integer not null,
        kind text not null constraint channels_kind check (kind in ('room', 'group', 'direct', 'topic')),
        slug text,
        title text not null,
        folded_title text not null,
        metadata jsonb not null default '{}',
        membership_version integer not null default 0,
        member_count integer not null default 0 constraint channels_member_count check (member_count >= 0),
        created_by uuid,
        created_at timestamptz(3) not null default clock_timestamp(),
        closed_at timestamptz(3),
        low_account uuid,
        high_account uuid,
        constraint channels_number unique (realm, number),
        constraint channels_slug unique (realm, slug),
        constraint channels_pair unique (realm, low_account, high_account),
        constraint channels_pair_of_direct check (
          (kind = 'direct') = (low_account is not null)
          and (low_account is null) = (high_account is null)
          and low_account <= high_account
        )
      );
      create index channels_newest on channels (realm, kind, number desc);
      create index channels_title on channels (realm, kind, folded_title, number);
      create index channels_creator on channels (created_by);

      -- The channel's number is repeated here (it never changes), so that an account's channels, newest first, are one index scan.
      create table members (
        channel_id uuid not null constraint members_channel references channels (id),
        account_id uuid not null,
        realm text not null,
        channel_number integer not null,
        role text not null constraint members_role check (role in ('owner', 'admin', 'member')),
        joined_at timestamptz(3) not null default clock_timestamp(),
        primary key (channel_id, account_id)
      );
      create index members_newest on members (account_id, channel_number desc);
      create index members_oldest on members (channel_id, joined_at, account_id);
      create index members_owners on members (channel_id) where role = 'owner';

      create table bars (
        channel_id uuid not null constraint bars_channel references channels (id),
        account_id uuid not null,
        realm text not null,
        barred_at timestamptz(3) not null default clock_timestamp(),
        primary key (channel_id, account_id)
      );
    `);
  },
};
