import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import type { SqliteStore } from '../sqlite-store.js';
import { textOf, type StoredText } from '../stored-text.js';
import { columnIn, countRows } from '../table-store.js';
import { parseTime } from '../times.js';
import { messageClientId } from './messages.js';

interface ReactionRow {
  readonly id: number;
  readonly message_id: number | null;
  readonly user_id: number | null;
  readonly room: number | null;
  readonly sender: number | null;
  readonly user: number | null;
  /** Empty: what is stored is not one emoji. */
  readonly emoji: string;
  readonly created_at: StoredText;
  /** Different emoji that the message has from earlier reactions, up to `emojiMax`. */
  readonly others: number;
}

/** Chat refuses more different reactions to one message (`too_many_reactions`). */
const emojiMax = 20;

/** Reactions from `message_reactions`, in the order in which they were made; none, where the database is from before them. */
export const reactionReaders = async (store: SqliteStore): Promise<PartReader[]> => {
  const columns = await store.columnsOf('message_reactions');
  if (columns.size === 0) return [];
  const reaction = columnIn(columns, 'x');
  const emoji = `emoji_of(${store.textOf('x.reaction_type', 64)})`;
  store.define('emoji_of', emojiOf);
  prepare(store, emoji, store.timeOf(reaction('created_at')));
  const query = `
    select x.id, x.message_id, x.user_id, r.id as room, s.id as sender, u.id as user, ${emoji} as emoji,
           ${reaction('created_at')} as created_at,
           (select count(*) from (
             select 1 from import_emoji o where o.message_id = x.message_id and o.id < e.id limit ${emojiMax}
           )) as others
      from message_reactions x left join messages m on m.id = x.message_id left join chat_rooms r on r.id = m.room_id
           left join users s on s.id = m.sender_id left join users u on u.id = x.user_id
           left join import_emoji e on e.message_id = x.message_id and e.emoji = ${emoji}
      order by x.id`;
  return [
    partReader<ReactionRow>({
      part: 'reactions',
      table: 'message_reactions',
      count: await countRows(store, 'message_reactions'),
      batches: () => store.batches(query),
      keyOf: ({ id }) => String(id),
      convert: addReaction,
    }),
  ];
};

/** By message, each emoji with the first reaction that has it, of those that can be moved. */
const prepare = (store: SqliteStore, emoji: string, time: string): void =>
  store.run(`
    create table import_emoji (message_id integer, emoji text, id integer, primary key (message_id, emoji)) without rowid;
    insert or ignore into import_emoji
      select x.message_id, ${emoji}, x.id
        from message_reactions x cross join messages m on m.id = x.message_id
        cross join chat_rooms r on r.id = m.room_id cross join users s on s.id = m.sender_id
        cross join users u on u.id = x.user_id
        where ${emoji} <> '' and ${time} <> '' order by x.id;
  `);

const oneEmoji = new RegExp('^\\p{RGI_Emoji}$', 'v');

/** Some systems write emoji without the selector that makes them pictures. */
const emojiOf = (text: string): string =>
  text.length > 64 ? '' : ([text, `${text}\uFE0F`].find((form) => oneEmoji.test(form)) ?? '');

const addReaction = (row: ReactionRow, { add, note }: RowOutput): void => {
  if (row.room === null || row.sender === null || row.user === null) {
    return note('left_out', 8, `Orphaned: message ${row.message_id} or user ${row.user_id} is not there`);
  }
  if (row.emoji === '') return note('left_out', 4, 'The reaction is not one emoji');
  const reactedAt = parseTime(textOf(row.created_at));
  if (reactedAt === null) return note('left_out', 4, 'The reaction has no time that can be read');
  if (row.others >= emojiMax) return note('left_out', 4, `The message has ${emojiMax} other emoji`);
  add({
    type: 'reaction',
    sourceId: String(row.id),
    channel: String(row.room),
    message: messageClientId(String(row.message_id)),
    account: String(row.user),
    clientId: `rooms:reaction:${row.id}`,
    emoji: row.emoji,
    reactedAt,
  });
};
