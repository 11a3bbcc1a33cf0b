export { importsTable as imports } from '@parley/postgres';
