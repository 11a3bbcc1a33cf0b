import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import type { SqliteStore } from '../sqlite-store.js';
import { storableText, textOf, type StoredText } from '../stored-text.js';
import { columnIn, countRows, type OrderedTable } from '../table-store.js';
import { parseTime } from '../times.js';
import { contentUnitsMax, fileLimits, messageText, type FileColumns } from './file-text.js';

interface MessageRow extends FileColumns {
  readonly id: number;
  readonly content: StoredText;
  readonly time: string;
  readonly room_id: number | null;
  readonly sender_id: number | null;
  readonly room: number | null;
  readonly sender: number | null;
}

interface ReactionRow {
  readonly id: number;
  readonly message_id: number | null;
  readonly user_id: number | null;
  readonly room: number | null;
  readonly sender: number | null;
  readonly user: number | null;
  readonly reaction_type: StoredText;
  readonly created_at: StoredText;
}

/** The client id of a message: one for each row, at every import. */
export const messageClientId = (id: number | string): string => `rooms:message:${id}`;

/** Messages in order, then reactions. */
export const messageReaders = async (store: SqliteStore): Promise<PartReader[]> => {
  const ordered = await store.inOrder('messages', 'timestamp');
  const reactions = await store.columnsOf('message_reactions');
  const readers = [await messagesOf(store, ordered)];
  return reactions.size === 0 ? readers : [...readers, await reactionsOf(store, reactions)];
};

const messagesOf = async (store: SqliteStore, { from, time, order }: OrderedTable): Promise<PartReader> => {
  const message = columnIn(await store.columnsOf('messages'), 'm');
  const query = `
    select m.id, ${store.textOf('m.content', contentUnitsMax)} as content, ${time} as time, m.room_id, m.sender_id,
           r.id as room, u.id as sender, ${store.textOf(message('message_type'), 64)} as message_type,
           ${store.textOf(message('file_url'), fileLimits.file_url)} as file_url,
           ${store.textOf(message('file_name'), fileLimits.file_name)} as file_name,
           ${message('file_size')} as file_size, ${store.textOf(message('mime_type'), fileLimits.mime_type)} as mime_type
      from ${from} left join chat_rooms r on r.id = m.room_id left join users u on u.id = m.sender_id
      order by ${order}`;
  return partReader<MessageRow>({
    part: 'messages',
    table: 'messages',
    count: await countRows(store, 'messages'),
    batches: () => store.batches(query),
    keyOf: ({ id }) => String(id),
    convert: addMessage,
  });
};

const addMessage = (row: MessageRow, { add, note }: RowOutput): void => {
  if (row.room === null) return note('left_out', 8, `Orphaned: there is no room ${row.room_id}`);
  if (row.sender === null) return note('left_out', 8, `Orphaned: there is no user ${row.sender_id}`);
  if (row.time === '') return note('refused', 7, 'It has no time that can be read');
  const content = storableText(row.content, { name: 'The text', max: contentUnitsMax }, note);
  if (content === undefined) return;
  const isEmpty = content === null && !row.file_url && !row.file_name;
  if (isEmpty) note('mended', 7, 'The text was null: it is empty now');
  const body = messageText(isEmpty ? '' : content, row, note);
  if (body === undefined) return;
  add({
    type: 'message',
    sourceId: String(row.id),
    channel: String(row.room),
    sender: String(row.sender),
    clientId: messageClientId(row.id),
    content: { type: 'text', text: body.text },
    raw: body.raw,
    sentAt: row.time,
  });
};

const reactionsOf = async (store: SqliteStore, columns: ReadonlySet<string>): Promise<PartReader> => {
  const reaction = columnIn(columns, 'x');
  const query = `
    select x.id, x.message_id, x.user_id, r.id as room, s.id as sender, u.id as user,
           ${store.textOf('x.reaction_type', 64)} as reaction_type, ${reaction('created_at')} as created_at
      from message_reactions x left join messages m on m.id = x.message_id left join chat_rooms r on r.id = m.room_id
           left join users s on s.id = m.sender_id left join users u on u.id = x.user_id
      order by x.id`;
  return partReader<ReactionRow>({
    part: 'reactions',
    table: 'message_reactions',
    count: await countRows(store, 'message_reactions'),
    batches: () => store.batches(query),
    keyOf: ({ id }) => String(id),
    convert: addReaction,
  });
};

const emoji = new RegExp('^\\p{RGI_Emoji}$', 'v');

/** Some systems write emoji without the selector that makes them pictures. */
const emojiOf = (text: string): string | undefined => [text, `${text}\uFE0F`].find((form) => emoji.test(form));

const addReaction = (row: ReactionRow, { add, note }: RowOutput): void => {
  if (row.room === null || row.sender === null || row.user === null) {
    return note('left_out', 8, `Orphaned: message ${row.message_id} or user ${row.user_id} is not there`);
  }
  const said = textOf(row.reaction_type) ?? '';
  const found = said.length > 64 ? undefined : emojiOf(said);
  if (found === undefined) return note('left_out', 4, 'The reaction is not one emoji');
  const reactedAt = parseTime(textOf(row.created_at));
  if (reactedAt === null) return note('left_out', 4, 'The reaction has no time that can be read');
  add({
    type: 'reaction',
    sourceId: String(row.id),
    channel: String(row.room),
    message: messageClientId(String(row.message_id)),
    account: String(row.user),
    clientId: `rooms:reaction:${row.id}`,
    emoji: found,
    reactedAt,
  });
};
