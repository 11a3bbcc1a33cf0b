import type { Knex } from 'knex';

/**
 * Gives the messages from before 0011 their forms, in batches by the number of the entries, while messages are sent and removed. All
 * entries were messages then, so the ordinal of each is its sequence. Also moves each sender's position to its last message, as sending
 * does now: own messages are no exception when unread ones are counted. An interrupted run is repeated from the start.
 */
export const isTransaction = false;

const entriesPerBatch = 5_000;

export const up = async (knex: Knex): Promise<void> => {
  const { rows } = await knex.raw<{ rows: { lowest: string; highest: string }[] }>(
    'select coalesce(min(number), 1) as lowest, coalesce(max(number), 0) as highest from chat.entries',
  );
  const [lowest, highest] = [Number(rows[0]?.lowest), Number(rows[0]?.highest)];
  for (let from = lowest; from <= highest; from += entriesPerBatch)
    // The lock keeps retention from removing an entry between its reading and the insertion of its form.
    await knex.raw(
      `with batch as materialized (
         select channel_id, sequence from chat.entries
           where number >= :from and number < :to and kind = 'message' and message_sequence is null
           for key share
       )
       insert into chat.messages (channel_id, in_channel, sequence, ordinal)
         select channel_id, true, sequence, sequence from batch
         on conflict do nothing`,
      { from, to: from + entriesPerBatch },
    );
  for (let from = lowest; from <= highest; from += entriesPerBatch)
    await knex.raw(
      `insert into chat.receipts as r (account_id, channel_id, realm, sequence, delivered)
         select sender_id, channel_id, min(realm), max(sequence), max(sequence) from chat.entries
           where number >= :from and number < :to and kind = 'message' and message_sequence is null
           group by sender_id, channel_id order by sender_id, channel_id
         on conflict (account_id, channel_id) do update
           set sequence = greatest(r.sequence, excluded.sequence), delivered = greatest(r.delivered, excluded.delivered)`,
      { from, to: from + entriesPerBatch },
    );
  // What an interrupted attempt left is not valid.
  await knex.raw('drop index concurrently if exists chat.receipts_of_channel');
  await knex.raw('create index concurrently receipts_of_channel on chat.receipts (channel_id, account_id)');
  await knex.raw('analyze chat.messages');
};
