import type { Migrations } from '@parley/postgres';
import { accounts } from './0001_accounts.js';
import { sessions } from './0002_sessions.js';
import { signingKeys } from './0003_keys.js';
import { boundedSessions } from './0004_bounded-sessions.js';
import { idempotentRequests } from './0005_idempotent-requests.js';
import { nameKeys } from './0006_name-keys.js';
import { personalNames } from './0007_personal-names.js';
import { sharedHandles } from './0008_shared-handles.js';
import { accountSearch } from './0009_account-search.js';
import { preferences } from './0010_preferences.js';
import { displayNameSearch } from './0011_display-name-search.js';
import { imports } from './0030_imports.js';
import { importedDevices } from './0031_imported-devices.js';

export const migrations: Migrations = {
  '0001_accounts': accounts,
  '0002_sessions': sessions,
  '0003_keys': signingKeys,
  '0004_bounded-sessions': boundedSessions,
  '0005_idempotent-requests': idempotentRequests,
  '0006_name-keys': nameKeys,
  '0007_personal-names': personalNames,
  '0008_shared-handles': sharedHandles,
  '0009_account-search': accountSearch,
  '0010_preferences': preferences,
  '0011_display-name-search': displayNameSearch,
  '0030_imports': imports,
  '0031_imported-devices': importedDevices,
};
