import { ShortNumber } from '@parley/contracts';
import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import { textOrEmpty, type StoredText } from '../stored-text.js';
import { countRows, type TableStore } from '../table-store.js';
import { parseTime } from '../times.js';

interface ConversationRow {
  readonly id: number;
  readonly title: StoredText;
  readonly created_at: string | null;
  /** The user of the first participant that is there. */
  readonly owner: number | null;
}

const titleUnitsMax = 255;

/** Conversations as groups, which belong to their first participant: the old server added the creator first. */
export const conversationsOf = async (store: TableStore): Promise<PartReader> =>
  partReader<ConversationRow>({
    part: 'channels',
    table: 'conversation',
    count: await countRows(store, 'conversation'),
    batches: () =>
      store.batches(`
        select c.id, ${store.textOf('c.title', titleUnitsMax)} as title, ${store.timeOf('c.created_at')} as created_at,
               f.user_id as owner
          from conversation c left join (
            select distinct on (p.conversation_id) p.conversation_id, p.user_id
              from conversation_participants p join "user" u on u.id = p.user_id order by p.conversation_id, p.id
          ) f on f.conversation_id = c.id
          order by c.id`),
    keyOf: ({ id }) => String(id),
    convert: addConversation,
  });

const addConversation = (row: ConversationRow, { add, note }: RowOutput): void => {
  const number = ShortNumber.safeParse(row.id);
  if (!number.success) return note('refused', 1, 'The id is not between 1 and 2,147,483,647');
  const title = textOrEmpty(row.title, { name: 'The title', max: titleUnitsMax }, note);
  if (title === undefined) return;
  if (row.owner === null) note('reported', 3, 'It has no participants, so nobody can open it');
  add({
    type: 'channel',
    sourceId: String(row.id),
    number: number.data,
    kind: 'group',
    slug: null,
    title,
    metadata: {},
    metadataText: null,
    createdBy: row.owner === null ? null : String(row.owner),
    createdAt: parseTime(row.created_at),
    pair: null,
  });
};
