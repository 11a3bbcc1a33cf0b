import type { Migrations } from '@parley/postgres';
import * as entries from './0001_entries.js';
import * as append from './0002_append.js';
import * as inbox from './0003_inbox.js';
import * as places from './0004_places.js';
import * as placeFunctions from './0005_place-functions.js';
import * as retention from './0006_retention.js';

export const migrations: Migrations = {
  '0001_entries': entries,
  '0002_append': append,
  '0003_inbox': inbox,
  '0004_places': places,
  '0005_place-functions': placeFunctions,
  '0006_retention': retention,
};
