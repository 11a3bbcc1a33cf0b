import type { ContentRecord } from '../../records.js';
import { partReader, type Note, type PartReader, type RowOutput } from '../part-reader.js';
import { textOf, textOrEmpty, type StoredText } from '../stored-text.js';
import { countRows, type TableStore } from '../table-store.js';
import { parseTime } from '../times.js';
import { pairId } from './pairs.js';

interface MessageRow {
  readonly id: number;
  readonly sender_id: number | null;
  readonly receiver_id: number | null;
  readonly sender: number | null;
  readonly receiver: number | null;
  readonly receiver_encrypted: StoredText;
  readonly sender_encrypted: StoredText;
  readonly message_type: StoredText;
  readonly time: string | null;
}

const ciphertextUnitsMax = 65_536;
const typeUnitsMax = 128;

/** Messages with one ciphertext for each of the two accounts. */
export const messagesOf = async (store: TableStore): Promise<PartReader> => {
  const { from, time, order } = await store.inOrder('messages', 'timestamp');
  return partReader<MessageRow>({
    part: 'messages',
    table: 'messages',
    count: await countRows(store, 'messages'),
    batches: () =>
      store.batches(`
        select m.id, m.sender_id, m.receiver_id, s.id as sender, r.id as receiver,
               ${store.textOf('m.receiver_encrypted', ciphertextUnitsMax)} as receiver_encrypted,
               ${store.textOf('m.sender_encrypted', ciphertextUnitsMax)} as sender_encrypted,
               ${store.textOf('m.message_type', typeUnitsMax)} as message_type, ${time} as time
          from ${from} left join users s on s.id = m.sender_id left join users r on r.id = m.receiver_id
          order by ${order}`),
    keyOf: ({ id }) => String(id),
    convert: addMessage,
  });
};

const addMessage = (row: MessageRow, { add, note }: RowOutput): void => {
  const { sender, receiver } = row;
  if (sender === null) return note('left_out', 8, `Orphaned: there is no user ${row.sender_id}`);
  if (receiver === null) return note('left_out', 8, `Orphaned: there is no user ${row.receiver_id}`);
  const sentAt = parseTime(row.time);
  if (sentAt === null) return note('refused', 7, 'It has no time that can be read');
  const content = contentOf({ ...row, sender, receiver }, note);
  if (content === null) return;
  add({
    type: 'message',
    sourceId: String(row.id),
    channel: pairId(sender, receiver),
    sender: String(sender),
    clientId: `fluent:message:${row.id}`,
    content,
    // As services/gateway/src/dialects/fluent/shapes.ts keeps it, for the echo to the sender.
    raw: JSON.stringify({ receiverID: receiver }),
    sentAt,
  });
};

type WholeRow = MessageRow & { readonly sender: number; readonly receiver: number };

/** Null, after a finding, when a ciphertext cannot be stored. A note to oneself is read with the sender's. */
const contentOf = (row: WholeRow, note: Note): ContentRecord | null => {
  const own = ciphertextOf(row.sender_encrypted, "The sender's ciphertext", note);
  const theirs =
    row.sender === row.receiver ? own : ciphertextOf(row.receiver_encrypted, "The receiver's ciphertext", note);
  const mediaType = textOrEmpty(row.message_type, { name: 'The message type', max: typeUnitsMax }, note);
  if (own === null || theirs === null || mediaType === undefined) return null;
  return { type: 'encrypted', mediaType, byReader: { [row.receiver]: theirs, [row.sender]: own } };
};

const ciphertextOf = (stored: StoredText, name: string, note: Note): string | null => {
  const text = textOf(stored) ?? '';
  const fault =
    text === ''
      ? 'is empty'
      : text.length > ciphertextUnitsMax
        ? `has more than ${ciphertextUnitsMax.toLocaleString('en')} characters`
        : text.includes('\0')
          ? 'contains U+0000'
          : null;
  if (fault === null) return text;
  note('refused', 7, `${name} ${fault}`);
  return null;
};
