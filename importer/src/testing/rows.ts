type Value = string | number | boolean | null;

/** Rows of one table: its columns, then the values of each row. */
export interface Rows {
  readonly table: string;
  readonly columns: string;
  readonly rows: readonly (readonly Value[])[];
}

const literal = (value: Value): string =>
  value === null ? 'null' : typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);

/** An insert statement for each table with rows. Text with U+0000 needs a parameter instead. */
export const inserts = (tables: readonly Rows[]): string =>
  tables
    .filter(({ rows }) => rows.length > 0)
    .map(
      ({ table, columns, rows }) =>
        `insert into ${table} (${columns}) values ${rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ')};`,
    )
    .join('\n');
