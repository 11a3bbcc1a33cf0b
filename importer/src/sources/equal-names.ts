import { createHash } from 'node:crypto';

/** A row and the form in which its name is compared; null: it has none. */
export interface NamedRow {
  readonly row: string;
  readonly key: string | null;
}

/** Rows of one name that are listed in a finding. */
const listedMax = 10;

/**
 * The rows whose names are equal in the form in which they are compared, each with the others of its name (at most ten). It reads all rows
 * once, twice when there are equal ones, and holds eight bytes for each of them.
 */
export const equalNames = async (
  read: () => AsyncIterable<readonly NamedRow[]>,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const repeated = repeatedIn(await digestsOf(read()));
  if (repeated.size === 0) return new Map();
  const rowsByKey = new Map<string, string[]>();
  for await (const rows of read()) {
    for (const { row, key } of rows) {
      if (key === null || !repeated.has(digest(key))) continue;
      rowsByKey.set(key, [...(rowsByKey.get(key) ?? []), row]);
    }
  }
  const groups = [...rowsByKey.values()].filter((rows) => rows.length > 1);
  return new Map(
    groups.flatMap((rows) =>
      rows.map((row) => [row, rows.filter((other) => other !== row).slice(0, listedMax)] as const),
    ),
  );
};

/** 48 bits of a digest: equal keys have equal ones, and equal ones are compared again as they are. */
const digest = (key: string): number => createHash('sha256').update(key).digest().readUIntBE(0, 6);

const digestsOf = async (batches: AsyncIterable<readonly NamedRow[]>): Promise<Float64Array> => {
  let digests = new Float64Array(1_024);
  let count = 0;
  for await (const rows of batches) {
    for (const { key } of rows) {
      if (key === null) continue;
      if (count === digests.length) {
        const larger = new Float64Array(count * 2);
        larger.set(digests);
        digests = larger;
      }
      digests[count] = digest(key);
      count += 1;
    }
  }
  return digests.subarray(0, count).sort();
};

const repeatedIn = (sorted: Float64Array): ReadonlySet<number> => {
  const repeated = new Set<number>();
  for (const [index, value] of sorted.entries()) if (index > 0 && sorted[index - 1] === value) repeated.add(value);
  return repeated;
};
