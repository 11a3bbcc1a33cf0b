import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import { textOrEmpty, type StoredText } from '../stored-text.js';
import { countRows, type TableStore } from '../table-store.js';
import { parseTime } from '../times.js';

interface MessageRow {
  readonly id: number;
  readonly content: StoredText;
  readonly sender_id: number | null;
  readonly conversation_id: number | null;
  readonly sender: number | null;
  readonly conversation: number | null;
  readonly time: string | null;
}

const contentUnitsMax = 16_384;

export const messagesOf = async (store: TableStore): Promise<PartReader> => {
  const { from, time, order } = await store.inOrder('message', 'created_at');
  return partReader<MessageRow>({
    part: 'messages',
    table: 'message',
    count: await countRows(store, 'message'),
    batches: () =>
      store.batches(`
        select m.id, ${store.textOf('m.content', contentUnitsMax)} as content, m.sender_id, m.conversation_id,
               u.id as sender, c.id as conversation, ${time} as time
          from ${from} left join "user" u on u.id = m.sender_id left join conversation c on c.id = m.conversation_id
          order by ${order}`),
    keyOf: ({ id }) => String(id),
    convert: addMessage,
  });
};

const addMessage = (row: MessageRow, { add, note }: RowOutput): void => {
  if (row.conversation === null)
    return note('left_out', 8, `Orphaned: there is no conversation ${row.conversation_id}`);
  if (row.sender === null) return note('left_out', 8, `Orphaned: there is no user ${row.sender_id}`);
  const sentAt = parseTime(row.time);
  if (sentAt === null) return note('refused', 7, 'It has no time that can be read');
  const text = textOrEmpty(row.content, { name: 'The text', max: contentUnitsMax }, note);
  if (text === undefined) return;
  add({
    type: 'message',
    sourceId: String(row.id),
    channel: String(row.conversation),
    sender: String(row.sender),
    clientId: `conversations:message:${row.id}`,
    content: { type: 'text', text },
    raw: null,
    sentAt,
  });
};
