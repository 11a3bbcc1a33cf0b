import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import type { SqliteStore } from '../sqlite-store.js';
import { storableText, type StoredText } from '../stored-text.js';
import { columnIn, countRows } from '../table-store.js';
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

/** The client id of a message: one for each row, at every import. */
export const messageClientId = (id: number | string): string => `rooms:message:${id}`;

/** All messages, by time and then id. */
export const messageReader = async (store: SqliteStore): Promise<PartReader> => {
  const { from, time, order } = await store.inOrder('messages', 'timestamp');
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
