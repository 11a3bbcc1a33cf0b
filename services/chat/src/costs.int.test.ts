import { randomUUID } from 'node:crypto';
import type { AccountPrincipal, ChannelId } from '@parley/contracts';
import type { Database } from '@parley/postgres';
import { lengthenChannel } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { messagesInPostgres } from './store/messages.postgres.js';
import { streamsInPostgres } from './store/streams.postgres.js';
import { type Given, anAccount, givenChat, says } from './testing/fixtures.js';

let given: Given;
let ada: AccountPrincipal;
beforeAll(async () => {
  given = await givenChat();
  ada = await given.account('ada');
});
afterAll(() => given[Symbol.asyncDispose]());

const as = (principal: AccountPrincipal) => ({ principal });

/** How many rows of chat's tables `work` reads. */
const rowsRead = (work: (database: Database) => Promise<unknown>): Promise<number> =>
  given.database.knex.transaction(async (tx) => {
    const read = async (): Promise<number> => {
      const { rows } = await tx.raw<{ rows: { read: string }[] }>(
        `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as read from pg_stat_xact_user_tables where schemaname = 'chat'`,
      );
      return Number(rows[0]?.read);
    };
    const before = await read();
    await work({ ...given.database, knex: tx });
    return (await read()) - before;
  });

/** A channel of 100 messages with `changes` reactions, edits and replies in threads between each two of them. */
const aChannel = async (changes: number): Promise<ChannelId> => {
  const { id: channelId } = await given.topics.channel('room');
  for (let n = 0; n < 100; n += 1) {
    const input = { target: { channelId }, content: says('x') };
    const { message } = await given.chat.message.send({ ...input, clientId: randomUUID() }, as(ada));
    const of = () => ({ messageId: message.id, clientId: randomUUID() });
    await Promise.all(
      Array.from({ length: changes }, (_, each) => {
        if (each % 3 === 0) return given.chat.message.react({ ...of(), emoji: '👍' }, as(anAccount()));
        if (each % 3 === 1) return given.chat.message.edit({ ...of(), content: says('y') }, as(ada));
        return given.chat.message.send({ ...input, clientId: randomUUID(), threadRoot: message.id }, as(ada));
      }),
    );
  }
  return channelId;
};

test('a page, and the summary of a channel, cost the same however many changes lie between its messages', async () => {
  const [quiet, busy] = [await aChannel(0), await aChannel(12)];
  await given.database.knex.raw('vacuum analyze chat.entries, chat.messages, chat.reactions, chat.receipts');
  const reader = anAccount('reader').accountId;
  const page = (channelId: ChannelId, position: object) =>
    rowsRead(async (database) => {
      const range = { channelId, realm: 'main', reader: null, limit: 50, bytesMax: 1_000_000, ...position };
      const found = await messagesInPostgres(database).list(range);
      expect(found?.messages).toHaveLength(50);
    });
  const summary = (channelId: ChannelId) =>
    rowsRead(async (database) => {
      const question = { realm: 'main', accountId: reader, channelIds: [channelId], bytesMax: 1_000_000 };
      expect(await streamsInPostgres(database).summaries(question)).toMatchObject([{ unread: 100 }]);
    });
  // Of 50 messages at most four rows each: whether an index lookup also fetches its row depends on what was vacuumed. Between them lie
  // 600 changes.
  for (const channelId of [quiet, busy])
    for (const position of [{}, { after: 0 }]) expect(await page(channelId, position)).toBeLessThan(260);
  for (const channelId of [quiet, busy]) expect(await summary(channelId)).toBeLessThan(20);
}, 120_000);

/** A channel with one message. */
const aBeginning = async (): Promise<ChannelId> => {
  const { id: channelId } = await given.topics.channel('room');
  await given.chat.message.send({ target: { channelId }, clientId: 'entry 1', content: says('x') }, as(ada));
  return channelId;
};

/** Everything that chat has stored of a channel but for ids, times and the number and name of its channel. */
const stored = async (channelId: ChannelId): Promise<unknown> => {
  const tables = ['entries', 'messages', 'reactions', 'message_versions', 'receipts', 'streams'];
  const leftOut = `'{channel_id,id,number,slug,title,sent_at,edited_at,at}'::text[]`;
  const rowsOf = async (table: string): Promise<unknown[]> => {
    const { rows } = await given.database.knex.raw<{ rows: { stored: Record<string, unknown> }[] }>(
      `select jsonb_strip_nulls(to_jsonb(t) - ${leftOut}) as stored from chat.${table} t where channel_id = ?`,
      [channelId],
    );
    // How many bytes an edit is counted as depends on the request that made it.
    const texts = rows.map(({ stored: { bytes, ...row } }) =>
      JSON.stringify({ ...row, bytes: row['sequence'] === 19 || row['sequence'] === 39 ? null : bytes }),
    );
    return texts.map((text) => text.replace(/"(?:messageId|number)":(?:"[^"]*"|\d+),?/g, '')).sort();
  };
  return Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await rowsOf(table)] as const)));
};

test('a channel that was lengthened by SQL is stored as one of the same sends, edits and reactions', async () => {
  const [sent, filled] = [await aBeginning(), await aBeginning()];
  let messageId = '';
  for (let n = 2; n <= 40; n += 1) {
    const clientId = `entry ${n}`;
    if (n % 20 === 0) await given.chat.message.edit({ messageId, clientId, content: says('x') }, as(ada));
    else if (n % 10 === 0) await given.chat.message.react({ messageId, clientId, emoji: '👍' }, as(ada));
    else {
      const input = { target: { channelId: sent }, clientId, content: says('x') };
      messageId = (await given.chat.message.send(input, as(ada))).message.id;
    }
  }
  await lengthenChannel(given.database.knex, filled, { entries: 40 });
  expect(await stored(filled)).toEqual(await stored(sent));
});

test('a page and a summary cost the same in a channel of 100 and of 20,000 entries', async () => {
  const costs = async (entries: number): Promise<number[]> => {
    const channelId = await aBeginning();
    await lengthenChannel(given.database.knex, channelId, { entries });
    await given.database.knex.raw('vacuum analyze chat.entries, chat.messages, chat.reactions, chat.receipts');
    const page = (position: object) =>
      rowsRead(async (database) => {
        const range = { channelId, realm: 'main', reader: ada.accountId, limit: 40, bytesMax: 1_000_000, ...position };
        expect((await messagesInPostgres(database).list(range))?.messages).toHaveLength(40);
      });
    const middle = entries / 2;
    const summary = rowsRead(async (database) => {
      const question = {
        realm: 'main',
        accountId: anAccount().accountId,
        channelIds: [channelId],
        bytesMax: 1_000_000,
      };
      expect(await streamsInPostgres(database).summaries(question)).toMatchObject([{ unread: entries * 0.9 }]);
    });
    return [await page({}), await page({ around: middle }), await page({ before: middle + 10 }), await summary];
  };
  const [short, long] = [await costs(100), await costs(20_000)];
  for (const [n, rows] of long.entries()) expect(rows).toBeLessThanOrEqual((short[n] ?? 0) + 10);
}, 120_000);

test('an edit keeps at most 100 forms of a message, the newest', async () => {
  const { id: channelId } = await given.topics.channel('group', [ada]);
  await given.topics.setRole(channelId, ada.accountId, 'owner');
  const { message } = await given.chat.message.send(
    { target: { channelId }, clientId: 'x', content: says('0') },
    as(ada),
  );
  for (let n = 1; n <= 105; n += 1)
    await given.chat.message.edit({ messageId: message.id, clientId: `${n}`, content: says(`${n}`) }, as(ada));
  const versions = await given.chat.message.versions({ messageId: message.id }, as(ada));
  expect(versions.map(({ content }) => content)).toEqual(Array.from({ length: 100 }, (_, n) => says(`${n + 6}`)));
  await expect(given.chat.message.versions({ messageId: message.id }, as(anAccount('eve')))).rejects.toMatchObject({
    code: 'not_found',
    reason: 'message_not_found',
  });
});
