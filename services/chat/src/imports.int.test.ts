import { randomUUID } from 'node:crypto';
import type { AccountPrincipal, ChannelId, ChannelSnapshot, Chat, Client } from '@parley/contracts';
import { afterEach, expect, test } from 'vitest';
import { type GivenChats, anAccount, givenChatAlone, says } from './testing/fixtures.js';

type Message = Parameters<Client<Chat>['import']['messages']>[0]['rows'][number];

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

const importer = { principal: { kind: 'system', realm: 'main', service: 'importer' } } as const;
const source = 'fluent of a test';

interface GivenImport {
  readonly given: GivenChats;
  readonly importId: string;
  readonly room: ChannelSnapshot;
  readonly direct: ChannelSnapshot;
  readonly ada: AccountPrincipal;
  readonly eve: AccountPrincipal;
}

const givenImport = async (): Promise<GivenImport> => {
  const given = await givenChatAlone();
  undo.push(async () => given[Symbol.asyncDispose]());
  const [ada, eve] = [anAccount('ada'), anAccount('eve')];
  const snapshot = (number: number, kind: 'room' | 'direct'): ChannelSnapshot => ({
    id: randomUUID() as ChannelId,
    number,
    kind,
    slug: null,
    title: '',
    membershipVersion: 2,
  });
  const [room, direct] = [snapshot(1, 'room'), snapshot(2, 'direct')];
  const importId = randomUUID();
  await given.chat.import.begin({ importId, source }, importer);
  const input = { importId, rows: [room, direct] };
  expect(await given.chat.import.streams(input, importer)).toEqual({ added: 2 });
  expect(await given.chat.import.streams(input, importer)).toEqual({ added: 0 });
  return { given, importId, room, direct, ada, eve };
};

let clientIds = 0;
const message = (channelId: ChannelId, sender: AccountPrincipal, more: Partial<Message> = {}): Message => ({
  id: randomUUID(),
  channelId,
  sender: { id: sender.accountId, number: sender.number, handle: sender.handle, name: sender.name },
  clientId: `old-${(clientIds += 1)}`,
  content: says(`number ${clientIds}`),
  raw: null,
  sentAt: '2024-05-04T10:20:30.123456Z',
  participants: [],
  ...more,
});

test('messages get sequences without a gap, keep their microseconds, and are there once however often they are sent', async () => {
  const { given, importId, room, ada, eve } = await givenImport();
  const rows = [ada, eve, ada, eve, ada].map((sender) => message(room.id, sender));
  const first = await given.chat.import.messages({ importId, rows: rows.slice(0, 3) }, importer);
  const all = await given.chat.import.messages({ importId, rows }, importer);
  expect([first.added, all.added]).toEqual([3, 2]);
  expect(all.numbers.slice(0, 3)).toEqual(first.numbers);
  const page = await given.chat.message.list({ channelId: room.id }, given.system);
  expect(page.head).toBe(5);
  expect(page.messages.map(({ id, sequence, number }) => [id, sequence, number])).toEqual(
    rows.map(({ id }, index) => [id, index + 1, all.numbers[index]]),
  );
  const { rows: times } = await given.database.knex.raw<{ rows: { at: string }[] }>(
    `select to_char(sent_at at time zone 'utc', 'US') as at from chat.entries limit 1`,
  );
  expect(times).toEqual([{ at: '123456' }]);
});

test('of two runs that send the same group at once, each message is there once', async () => {
  const { given, importId, room, ada } = await givenImport();
  const rows = Array.from({ length: 200 }, () => message(room.id, ada));
  const answers = await Promise.all(
    [rows, rows, rows].map((each) => given.chat.import.messages({ importId, rows: each }, importer)),
  );
  expect(answers.map(({ added }) => added).sort((a, b) => a - b)).toEqual([0, 0, 200]);
  const { head } = await given.chat.message.list({ channelId: room.id }, given.system);
  expect(head).toBe(200);
});

test('direct messages are in both inboxes, in their order, read and delivered; a new one follows them', async () => {
  const { given, importId, direct, ada, eve } = await givenImport();
  const participants = [ada.accountId, eve.accountId];
  const encrypted = {
    type: 'encrypted' as const,
    mediaType: 'text/plain',
    byReader: { [ada.accountId]: 'for ada', [eve.accountId]: 'for eve' },
  };
  const rows = [
    message(direct.id, ada, { participants, content: encrypted }),
    message(direct.id, eve, { participants, content: encrypted }),
  ];
  await given.chat.import.messages({ importId, rows }, importer);
  await given.chat.import.messages({ importId, rows }, importer);
  for (const { accountId } of [ada, eve]) {
    const inbox = await given.chat.inbox.list({ accountId, after: 0 }, given.system);
    expect(inbox.entries.map(({ sequence, message: { id } }) => [sequence, id])).toEqual(
      rows.map(({ id }, index) => [index + 1, id]),
    );
  }
  const { rows: kept } = await given.database.knex.raw<{ rows: object[] }>(
    `select b.head::integer, b.delivered_sequence::integer as delivered, r.sequence::integer as read
       from chat.inboxes b join chat.receipts r on r.account_id = b.account_id`,
  );
  expect(kept).toEqual(Array(2).fill({ head: 2, delivered: 2, read: 2 }));
});

test('read positions follow the messages of the source and never move back', async () => {
  const { given, importId, room, ada, eve } = await givenImport();
  const rows = [ada, ada, ada].map((sender) => message(room.id, sender));
  await given.chat.import.messages({ importId, rows }, importer);
  const read = (index: number, messageId = rows[index]?.id ?? '') =>
    given.chat.import.receipts(
      { importId, rows: [{ accountId: eve.accountId, channelId: room.id, messageId }] },
      importer,
    );
  expect([await read(1), await read(0), await read(0, randomUUID())]).toEqual([
    { added: 1 },
    { added: 0 },
    { added: 0 },
  ]);
  const receipts = await given.database.knex.raw<{ rows: object[] }>('select sequence::integer from chat.receipts');
  expect(receipts.rows).toEqual([{ sequence: 2 }]);
});

const reaction = (channelId: ChannelId, of: Message | undefined, by: AccountPrincipal, emoji: string, second = 0) => ({
  channelId,
  messageId: of?.id ?? randomUUID(),
  sender: { id: by.accountId, number: by.number, handle: by.handle, name: by.name },
  clientId: `reaction-${(clientIds += 1)}`,
  emoji,
  reactedAt: `2024-05-05T00:00:0${second}.000001Z`,
});

test('reactions are entries behind the messages, once however often they are sent', async () => {
  const { given, importId, room, ada, eve } = await givenImport();
  const rows = [message(room.id, ada), message(room.id, eve)];
  await given.chat.import.messages({ importId, rows }, importer);
  const reactions = [
    reaction(room.id, rows[0], eve, '👍'),
    reaction(room.id, rows[0], ada, '👍'),
    reaction(room.id, rows[1], ada, '🎉'),
    reaction(room.id, undefined, ada, '👍'),
  ];
  for (const added of [3, 0])
    expect(await given.chat.import.reactions({ importId, rows: reactions }, importer)).toEqual({ added });
  const page = await given.chat.message.list({ channelId: room.id }, given.system);
  expect(page.head).toBe(5);
  expect(page.messages.map(({ reactions: kept }) => kept.map(({ emoji, count }) => [emoji, count]))).toEqual([
    [['👍', 2]],
    [['🎉', 1]],
  ]);
  const { entries } = await given.chat.channel.entries({ channelId: room.id, after: 2 }, given.system);
  expect(entries.map(({ kind, sequence }) => [kind, sequence])).toEqual(
    [3, 4, 5].map((sequence) => ['reaction.added', sequence]),
  );
});

test('reactions come in the order of the source, and their times rise where those of the source do not', async () => {
  const { given, importId, room, ada, eve } = await givenImport();
  const rows = [message(room.id, ada), message(room.id, ada)];
  await given.chat.import.messages({ importId, rows }, importer);
  const emoji = ['👍', '🎉', '😂', '❤️', '😮'];
  const seconds = [1, 5, 3, 2, 7];
  const reactions = emoji.flatMap((each, index) => [
    reaction(room.id, rows[index % 2], eve, each, seconds[index]),
    reaction(room.id, rows[(index + 1) % 2], ada, each, seconds[index]),
  ]);
  await given.chat.import.reactions({ importId, rows: reactions }, importer);
  const { messages } = await given.chat.message.list({ channelId: room.id }, given.system);
  expect(messages.map(({ reactions: kept }) => kept.map((each) => each.emoji))).toEqual([emoji, emoji]);
  const { entries } = await given.chat.channel.entries({ channelId: room.id, after: 2 }, given.system);
  expect(entries.map((entry) => ('at' in entry ? Number(entry.at.slice(17, 19)) : 0))).toEqual([
    1, 1, 5, 5, 5, 5, 5, 5, 7, 7,
  ]);
});

test('whoever sent a message has read the channel up to it, where the source does not say what was read', async () => {
  const { given, importId, room, ada, eve } = await givenImport();
  const rows = [ada, eve, ada, eve].map((sender) => message(room.id, sender));
  await given.chat.import.messages({ importId, rows: rows.slice(0, 3), readBySender: true }, importer);
  await given.chat.import.messages({ importId, rows: rows.slice(3), readBySender: false }, importer);
  const kept = await given.database.knex('receipts').orderBy('sequence').select<{ sequence: string }[]>('sequence');
  expect(kept.map(({ sequence }) => Number(sequence))).toEqual([2, 3]);
});

test('what does not fit is refused whole: a channel without a stream, ciphertext in a room, a finished import', async () => {
  const { given, importId, room, ada } = await givenImport();
  const send = (...rows: Message[]) => given.chat.import.messages({ importId, rows }, importer);
  const good = message(room.id, ada);
  await expect(send(good, message(randomUUID() as ChannelId, ada))).rejects.toMatchObject({
    reason: 'channel_not_found',
  });
  const encrypted = { type: 'encrypted' as const, mediaType: '', byReader: { [ada.accountId]: 'x' } };
  await expect(send(good, message(room.id, ada, { content: encrypted }))).rejects.toMatchObject({
    reason: 'not_direct',
  });
  const finished = await given.chat.import.finish({ importId }, importer);
  expect(await given.chat.import.finish({ importId }, importer)).toEqual(finished);
  await expect(send(good)).rejects.toMatchObject({ reason: 'import_not_open' });
  expect(await given.chat.message.list({ channelId: room.id }, given.system)).toMatchObject({ head: 0, messages: [] });
});

test('nobody but the importer may call these operations', async () => {
  const { given, importId, room, ada } = await givenImport();
  for (const caller of [{ principal: ada }, given.system]) {
    const refused = { code: 'forbidden', reason: 'system_only' };
    const { begin, streams, messages, finish } = given.chat.import;
    await expect(begin({ importId, source }, caller)).rejects.toMatchObject(refused);
    await expect(streams({ importId, rows: [room] }, caller)).rejects.toMatchObject(refused);
    await expect(messages({ importId, rows: [message(room.id, ada)] }, caller)).rejects.toMatchObject(refused);
    await expect(finish({ importId }, caller)).rejects.toMatchObject(refused);
  }
});
