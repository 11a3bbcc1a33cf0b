import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import { countRows, type TableStore } from '../table-store.js';
import { parseTime } from '../times.js';

interface ParticipantRow {
  readonly id: number;
  readonly user_id: number | null;
  readonly conversation_id: number | null;
  readonly user: number | null;
  readonly conversation: number | null;
  /** Counts the rows of this user in this conversation, and those of the conversation whose user is there. */
  readonly repetition: string;
  readonly place: string;
  readonly joined_at: string | null;
}

/** Participants, each once; the first of a conversation owns it. */
export const participantsOf = async (store: TableStore): Promise<PartReader> =>
  partReader<ParticipantRow>({
    part: 'members',
    table: 'conversation_participants',
    count: await countRows(store, 'conversation_participants'),
    batches: () =>
      store.batches(`
        select p.id, p.user_id, p.conversation_id, u.id as user, c.id as conversation,
               row_number() over (partition by p.conversation_id, p.user_id order by p.id) as repetition,
               row_number() over (partition by p.conversation_id, u.id is null order by p.id) as place,
               ${store.timeOf('p.joined_at')} as joined_at
          from conversation_participants p left join "user" u on u.id = p.user_id
               left join conversation c on c.id = p.conversation_id
          order by p.conversation_id, p.id`),
    keyOf: ({ id }) => String(id),
    convert: addParticipant,
  });

const addParticipant = (row: ParticipantRow, { add, note }: RowOutput): void => {
  if (row.user === null) return note('left_out', 8, `Orphaned: there is no user ${row.user_id}`);
  if (row.conversation === null)
    return note('left_out', 8, `Orphaned: there is no conversation ${row.conversation_id}`);
  if (row.repetition !== '1') return note('left_out', 3, 'The user takes part in this conversation already');
  add({
    type: 'member',
    channel: String(row.conversation),
    account: String(row.user),
    role: row.place === '1' ? 'owner' : 'member',
    joinedAt: parseTime(row.joined_at),
  });
};
