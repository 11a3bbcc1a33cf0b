import { partReader, type PartReader } from '../part-reader.js';
import { countRows, type TableStore } from '../table-store.js';

/** The old server never wrote attachments; where something else did, each is in the report. */
export const attachmentsOf = async (store: TableStore): Promise<PartReader[]> => {
  if ((await store.columnsOf('attachments')).size === 0) return [];
  return [
    partReader<{ readonly id: number }>({
      part: 'files',
      table: 'attachments',
      count: await countRows(store, 'attachments'),
      batches: () => store.batches('select id from attachments order by id'),
      keyOf: ({ id }) => String(id),
      convert: (_row, { note }) => note('left_out', 8, 'Attachments are not moved: no wire of Parley shows them'),
    }),
  ];
};
