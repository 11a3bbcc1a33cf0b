import type { Migrations } from '@parley/postgres';
import * as entries from './0001_entries.js';
import * as append from './0002_append.js';
import * as inbox from './0003_inbox.js';
import * as places from './0004_places.js';
import * as placeFunctions from './0005_place-functions.js';
import * as retention from './0006_retention.js';
import * as deliveryColumns from './0007_delivery-columns.js';
import * as deliveryRows from './0008_delivery-rows.js';
import * as appendWithReference from './0009_append-with-reference.js';
import * as deliveryFunctions from './0010_delivery-functions.js';
import * as life from './0011_life.js';
import * as appendEntries from './0012_append-entries.js';
import * as appendChange from './0013_append-change.js';
import * as retentionOfForms from './0014_retention-of-forms.js';
import * as messageForms from './0015_message-forms.js';
import * as imports from './0030_imports.js';
import * as appendNew from './0031_append-new.js';
import * as sequenceAtAfterARestore from './0040_sequence-at-after-a-restore.js';

export const migrations: Migrations = {
  '0001_entries': entries,
  '0002_append': append,
  '0003_inbox': inbox,
  '0004_places': places,
  '0005_place-functions': placeFunctions,
  '0006_retention': retention,
  '0007_delivery-columns': deliveryColumns,
  '0008_delivery-rows': deliveryRows,
  '0009_append-with-reference': appendWithReference,
  '0010_delivery-functions': deliveryFunctions,
  '0011_life': life,
  '0012_append-entries': appendEntries,
  '0013_append-change': appendChange,
  '0014_retention-of-forms': retentionOfForms,
  '0015_message-forms': messageForms,
  '0030_imports': imports,
  '0031_append-new': appendNew,
  '0040_sequence-at-after-a-restore': sequenceAtAfterARestore,
};
