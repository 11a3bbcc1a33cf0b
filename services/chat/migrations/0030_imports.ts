import { importsTable } from '@parley/postgres';

export const { up } = importsTable;
