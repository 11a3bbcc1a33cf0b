import { importRowsMax } from '@parley/contracts';

/** A body on the bus has at most 900 KiB; this leaves room for the rest of it. */
const groupBytesMax = 640 * 1024;

/** Rows in groups as large as one call takes, in their order. */
export const groupsOf = function* <Row>(rows: readonly Row[], bytesMax = groupBytesMax): Generator<Row[]> {
  let group: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    const own = Buffer.byteLength(JSON.stringify(row));
    if (group.length > 0 && (group.length === importRowsMax || bytes + own > bytesMax)) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(row);
    bytes += own;
  }
  if (group.length > 0) yield group;
};
