import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { conversationsRows, makeConversationsDatabase } from '../testing/conversations-database.js';
import { fillPostgres, fillSqlite } from '../testing/databases.js';
import { makeRoomsDatabase, roomsRows } from '../testing/rooms-database.js';
import type { Source, SourceOptions, SourcePage } from '../records.js';
import { openSource } from './open-source.js';

const folder = mkdtempSync(join(tmpdir(), 'large-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rows = 50_000;
const pageRowsMax = 500;
const now = new Date('2025-01-01T00:00:00Z');

/** Reads a source page by page, as the importer does, and holds none of them. */
const measure = async (source: Source) => {
  let [messages, largest, previous] = [0, 0, ''];
  const order: SourcePage['part'][] = [];
  for await (const page of source.pages()) {
    if (order.at(-1) !== page.part) order.push(page.part);
    largest = Math.max(largest, page.rows, page.records.length);
    for (const record of page.records) {
      if (record.type !== 'message') continue;
      messages += 1;
      if (record.sentAt < previous) throw new Error(`${record.sourceId} comes too late`);
      previous = record.sentAt;
    }
  }
  return { messages, largest, order };
};

const read = async (name: 'rooms' | 'conversations', options: Pick<SourceOptions, 'location'>) => {
  await using source = await openSource(name, { ...options, now, pageRowsMax });
  return await measure(source);
};

test(`${rows} messages of an SQLite file are never more than a page at once`, async () => {
  const location = join(folder, 'chat.db');
  makeRoomsDatabase(location, { ...roomsRows, messages: [], reactions: [], reads: [] });
  fillSqlite(
    location,
    `insert into messages (id, content, message_type, timestamp, room_id, sender_id)
       with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows})
       select i, 'message ' || i, 'text', datetime(1700000000 + i * 7919 % 100000, 'unixepoch'), 1 + i % 3, 1 + i % 3 from n;
     insert into message_reads (message_id, user_id) select id, 7 from messages where id % 2 = 0`,
  );
  const { messages, largest, order } = await read('rooms', { location });
  expect(messages).toBe(rows);
  expect(largest).toBe(pageRowsMax);
  expect(order).toEqual(['accounts', 'channels', 'messages', 'reads']);
});

test(`${rows} messages of a PostgreSQL database are never more than a page at once`, async () => {
  await using database = await makeConversationsDatabase({ ...conversationsRows, messages: [] });
  await fillPostgres(
    database.url,
    `insert into message (content, sender_id, conversation_id, created_at)
       select 'message ' || i, 1 + i % 3, 1 + i % 2, timestamp '2025-01-01' + i * 7919 % 100000 * interval '1 second'
         from generate_series(1, ${rows}) i`,
  );
  const { messages, largest, order } = await read('conversations', { location: database.url });
  expect(messages).toBe(rows);
  expect(largest).toBe(pageRowsMax);
  expect(order).toEqual(['accounts', 'channels', 'members', 'messages']);
});
