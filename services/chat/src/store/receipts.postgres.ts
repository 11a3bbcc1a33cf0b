import { type Database, query } from '@parley/postgres';
import type { Receipts } from './receipts.js';

export const receiptsInPostgres = (database: Database): Receipts => ({
  record: async (receipt) => {
    const { rows } = await query(database, 'record_receipt', (knex) =>
      knex.raw<{ rows: { readonly sequence: string }[] }>(recordSql, { ...receipt }),
    );
    return Number(rows[0]?.sequence ?? 0);
  },
});

// A channel without a stream has no messages to read: no row is written, and the result is 0.
const recordSql = `
  insert into chat.receipts as r (account_id, channel_id, realm, sequence)
    select :accountId, s.channel_id, s.realm, least(cast(:sequence as bigint), s.head)
      from chat.streams s where s.channel_id = :channelId and s.realm = :realm
  on conflict (account_id, channel_id) do update set sequence = greatest(r.sequence, excluded.sequence)
  returning sequence`;
