import pg from 'pg';

const parse = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (value: string) => Date;

let text = '';
let moment = '';

/** Rows of one statement mostly have the same moment, and parsing and formatting one costs as much as the rest of a short row. */
const momentOf = (value: string): string => {
  if (value !== text) {
    moment = parse(value).toISOString();
    text = value;
  }
  return moment;
};

/** For the `types` of a statement: each `timestamptz` becomes ISO 8601 text in UTC instead of a Date. */
export const momentsAsText: pg.CustomTypesConfig = {
  getTypeParser: ((id, format) =>
    id === pg.types.builtins.TIMESTAMPTZ && format !== 'binary'
      ? momentOf
      : (pg.types.getTypeParser(id, format) as unknown)) as typeof pg.types.getTypeParser,
};
