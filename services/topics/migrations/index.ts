import type { Migrations } from '@parley/postgres';
import { channels } from './0001_channels.js';
import { latestMembers } from './0002_joins.js';
import { titleKeys } from './0003_title-keys.js';
import { metadataText } from './0004_metadata-text.js';
import { creationKeys } from './0005_creation-keys.js';
import { imports } from './0030_imports.js';

export const migrations: Migrations = {
  '0001_channels': channels,
  '0002_joins': latestMembers,
  '0003_title-keys': titleKeys,
  '0004_metadata-text': metadataText,
  '0005_creation-keys': creationKeys,
  '0030_imports': imports,
};
