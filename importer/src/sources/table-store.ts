/** What a source needs of a relational database. */
export interface TableStore extends AsyncDisposable {
  /** The columns of a table; none: there is no such table. */
  columnsOf(table: string): Promise<ReadonlySet<string>>;
  /** The first row. */
  first<Row>(query: string): Promise<Row | undefined>;
  /** The rows of a query, at most `pageRowsMax` at once. The database holds the others. */
  batches<Row>(query: string): AsyncGenerator<readonly Row[]>;
  /** An expression for the beginning of a text column: enough of it to see that it has more than `max` UTF-16 units. */
  textOf(column: string, max: number): string;
  /** An expression for a time, in a form for `parseTime`. `null` is one for "no such column". */
  timeOf(column: string): string;
  /** A table of messages with the columns `id` and `time`, in the order of (time, id). */
  inOrder(table: string, time: string): Promise<OrderedTable>;
}

/** `from` joins the table as `m`; `time` and `order` are expressions for it. */
export interface OrderedTable {
  readonly from: string;
  readonly time: string;
  readonly order: string;
}

export const pageRowsDefault = 1_000;

/** The column of the table `alias`, or null where an older database does not have it. */
export const columnIn = (columns: ReadonlySet<string>, alias: string) => (column: string) =>
  columns.has(column) ? `${alias}.${column}` : 'null';

/** The number of rows of a table; 0 when there is no such table. */
export const countRows = async (store: TableStore, table: string): Promise<number> => {
  if ((await store.columnsOf(table.replaceAll('"', ''))).size === 0) return 0;
  const row = await store.first<{ n: number | string }>(`select count(*) as n from ${table}`);
  return Number(row?.n ?? 0);
};
