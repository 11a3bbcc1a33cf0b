import type { Knex } from 'knex';

export const rowsOf = async <Row>(knex: Knex, sql: string, values: Readonly<Record<string, unknown>>): Promise<Row[]> =>
  (await knex.raw<{ rows: Row[] }>(sql, values)).rows;
