import { AccountId } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import type { ChangedPreferences, PreferencesStore } from './preferences.js';

interface Row {
  realm: string;
  id: string;
  shares_receipts: boolean;
  invisible: boolean;
  preferences_version: number;
  preferences_changed_at: Date;
}

export const postgresPreferences = (database: Database): PreferencesStore => ({
  set: ({ realm, accountId }, { sharesReceipts, invisible }, now) =>
    query(database, 'preferences.set', async (knex) => {
      const [row] = await knex<Row & { deleted_at: Date | null }>('accounts')
        .where({ realm, id: accountId, deleted_at: null })
        .update(
          {
            ...(sharesReceipts !== undefined && { shares_receipts: sharesReceipts }),
            ...(invisible !== undefined && { invisible }),
            preferences_version: knex.raw('preferences_version + 1'),
            preferences_changed_at: now,
          },
          '*',
        );
      return row ? changedOf(row) : null;
    }),
  changedSince: (since, limit) =>
    query(database, 'preferences.changedSince', async (knex) => {
      const rows = await knex<Row & { deleted_at: Date | null }>('accounts')
        .where('preferences_changed_at', '>=', since)
        .where({ deleted_at: null })
        .orderBy(['preferences_changed_at', 'id'])
        .limit(limit);
      return rows.map(changedOf);
    }),
});

const changedOf = (row: Row): ChangedPreferences => ({
  realm: row.realm,
  accountId: AccountId.parse(row.id),
  preferences: { sharesReceipts: row.shares_receipts, invisible: row.invisible },
  version: row.preferences_version,
  changedAt: row.preferences_changed_at,
});
