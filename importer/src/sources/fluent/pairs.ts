import { partReader, type PartReader } from '../part-reader.js';
import type { TableStore } from '../table-store.js';

/** The smaller and the larger of two numbers, by the database's functions of that name. */
export interface PairQuery {
  readonly low: string;
  readonly high: string;
  /** Runs statements that keep the pairs in a table: SQLite would sort them in memory. */
  prepare?(statements: string): void;
}

interface PairRow {
  readonly low: number;
  readonly high: number;
}

/** A direct channel for each pair with messages; a pair of one is notes to oneself. */
export const pairsOf = async (store: TableStore, { low, high, prepare }: PairQuery): Promise<PartReader> => {
  const pairs = `
    select distinct ${low}(m.sender_id, m.receiver_id) as low, ${high}(m.sender_id, m.receiver_id) as high
      from messages m join users s on s.id = m.sender_id join users r on r.id = m.receiver_id`;
  prepare?.(`
    create table import_pairs (low integer, high integer, primary key (low, high)) without rowid;
    insert or ignore into import_pairs ${pairs.replace('distinct', '')};
  `);
  const from = prepare ? 'import_pairs' : `(${pairs}) p`;
  const counted = await store.first<{ n: number | string }>(`select count(*) as n from ${from}`);
  return partReader<PairRow>({
    part: 'channels',
    table: 'messages',
    count: Number(counted?.n ?? 0),
    batches: () => store.batches(`select low, high from ${from} order by low, high`),
    keyOf: ({ low: one, high: other }) => pairId(one, other),
    convert: ({ low: one, high: other }, { add }) =>
      add({
        type: 'channel',
        sourceId: pairId(one, other),
        number: null,
        kind: 'direct',
        slug: null,
        title: '',
        metadata: {},
        metadataText: null,
        createdBy: null,
        createdAt: null,
        pair: [String(one), String(other)],
      }),
  });
};

export const pairId = (one: number, other: number): string => `${Math.min(one, other)}:${Math.max(one, other)}`;
