import type { Knex } from 'knex';

/** Fills the new columns of existing rows, in batches, while messages are sent and delivered. */
export const isTransaction = false;

const accountsPerBatch = 500;
const entriesPerBatch = 5_000;

export const up = async (knex: Knex): Promise<void> => {
  await fillInboxes(knex);
  await fillReferences(knex);
  // What an interrupted attempt left is not valid.
  await knex.raw('drop index concurrently if exists chat.entries_reference');
  await knex.raw('create index concurrently entries_reference on chat.entries (reference) where reference is not null');
  await knex.raw('drop index concurrently if exists chat.inbox_ack_required');
  await knex.raw(
    'create index concurrently inbox_ack_required on chat.inbox (account_id, sequence) where ack_required',
  );
};

/** Locks as acknowledge_messages does: inboxes first, by id; then their rows. */
const fillInboxes = async (knex: Knex): Promise<void> => {
  for (let after: string | undefined = '00000000-0000-0000-0000-000000000000'; after !== undefined;) {
    after = await knex.transaction(async (tx) => {
      const { rows } = await tx.raw<{ rows: { account_id: string }[] }>(
        `select account_id from chat.inboxes where account_id > :after order by account_id limit :limit for update`,
        { after: after ?? null, limit: accountsPerBatch },
      );
      const accounts = rows.map(({ account_id }) => account_id);
      await tx.raw(
        `update chat.inboxes set delivered_sequence = place
           where account_id = any (:accounts) and delivered_sequence <> place`,
        { accounts },
      );
      await tx.raw(
        `update chat.inbox set ack_required = true
           where account_id = any (:accounts) and awaiting and not ack_required`,
        { accounts },
      );
      return accounts.at(-1);
    });
  }
};

/** By the number of the entries: one pass over the table, whatever part of it has a reference. */
const fillReferences = async (knex: Knex): Promise<void> => {
  const { rows } = await knex.raw<{ rows: { lowest: string; highest: string }[] }>(
    'select coalesce(min(number), 1) as lowest, coalesce(max(number), 0) as highest from chat.entries',
  );
  const [lowest, highest] = [Number(rows[0]?.lowest), Number(rows[0]?.highest)];
  for (let from = lowest; from <= highest; from += entriesPerBatch)
    await knex.raw(
      `update chat.entries set reference = split_part(client_id, '/', 1)
         where number >= :from and number < :to and reference is null and client_id like '%/%'`,
      { from, to: from + entriesPerBatch },
    );
};
