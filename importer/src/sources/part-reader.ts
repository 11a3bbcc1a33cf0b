import { setImmediate } from 'node:timers/promises';
import type { Finding, Outcome, PartName, Source, SourceName, SourcePage, SourceRecord } from '../records.js';
import { partNames } from '../records.js';

/** What becomes of a row: records, and findings about it. */
export interface RowOutput {
  add(record: SourceRecord): void;
  note: Note;
}

/** `what` is one sentence without content of a message or a secret. */
export type Note = (outcome: Outcome, rule: number, what: string) => void;

/** One part of a source, or a share of it, in its order. */
export interface PartReader {
  readonly part: PartName;
  readonly count: number;
  pages(): AsyncGenerator<SourcePage>;
}

interface PartDefinition<Row> {
  readonly part: PartName;
  readonly table: string;
  readonly count: number;
  batches(): AsyncIterable<readonly Row[]>;
  /** The key of a row in the report. */
  keyOf(row: Row): string;
  convert(row: Row, output: RowOutput): void;
}

export const partReader = <Row>({ part, table, count, batches, keyOf, convert }: PartDefinition<Row>): PartReader => ({
  part,
  count,
  async *pages() {
    for await (const rows of batches()) {
      const records: SourceRecord[] = [];
      const findings: Finding[] = [];
      for (const row of rows) {
        const note: Note = (outcome, rule, what) => {
          findings.push({ rule, table, row: keyOf(row), outcome, what });
        };
        convert(row, { add: (record) => records.push(record), note });
      }
      yield { part, rows: rows.length, records, findings };
      // SQLite answers without waiting: others of this process get their turn between two pages.
      await setImmediate();
    }
  },
});

interface SourceDefinition {
  readonly name: SourceName;
  readonly fingerprint: string;
  /** In the order of `partNames`. */
  readonly readers: readonly PartReader[];
  close(): PromiseLike<void>;
}

export const createSource = ({ name, fingerprint, readers, close }: SourceDefinition): Source => ({
  name,
  fingerprint,
  counts: countsOf(readers),
  async *pages() {
    for (const reader of readers) yield* reader.pages();
  },
  [Symbol.asyncDispose]: close,
});

const countsOf = (readers: readonly PartReader[]): Record<PartName, number> => {
  const counts = Object.fromEntries(partNames.map((part) => [part, 0])) as Record<PartName, number>;
  for (const { part, count } of readers) counts[part] += count;
  return counts;
};
