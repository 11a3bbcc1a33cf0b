import { Fault } from '@parley/contracts';
import type { Knex } from 'knex';
import type { Database } from './connect.js';
import type { FaultsByConstraint } from './faults.js';
import type { Migration } from './migrate.js';
import { query, transact } from './transaction.js';

/** The import of a realm, as each owner of data keeps it in its own schema. Times are ISO 8601 with milliseconds. */
export interface KeptImport {
  readonly importId: string;
  readonly source: string;
  readonly begunAt: string;
  readonly finishedAt: string | null;
  readonly checkpoint: string | null;
}

/** The realm and the id of an import. */
export interface ImportKey {
  readonly realm: string;
  readonly importId: string;
}

export interface ImportLedger {
  /**
   * Makes the import of the realm unless there is one, after `isEmpty` has resolved to true in the same transaction. `isEmpty` takes the lock
   * under which rows are made in the realm. `conflict` `realm_not_empty`, `import_other_source`.
   */
  begin(
    wanted: ImportKey & { readonly source: string },
    isEmpty: (tx: Knex.Transaction) => Promise<boolean>,
  ): Promise<KeptImport>;
  /** null: the realm was never imported. */
  find(realm: string): Promise<KeptImport | null>;
  /** One group of an import that is not finished, in one transaction; else `conflict` `import_not_open`. */
  add<T>(
    key: ImportKey,
    name: string,
    work: (tx: Knex.Transaction, kept: KeptImport) => Promise<T>,
    byConstraint?: FaultsByConstraint,
  ): Promise<T>;
  progress(key: ImportKey, checkpoint: string): Promise<void>;
  /** Runs `complete` and finishes the import in one transaction, after all groups that are being added. Finished before: does nothing. */
  finish(key: ImportKey, complete?: (tx: Knex.Transaction) => Promise<void>): Promise<KeptImport>;
  isImporting(realm: string): Promise<boolean>;
}

/** The migration that makes the table of a schema. */
export const importsTable: Migration = {
  up: async (knex) => {
    await knex.raw(`
      -- One row for each realm that is or was imported; clients do not see a realm before its import is finished.
      create table imports (
        realm text primary key,
        id uuid not null,
        source text not null,
        checkpoint text,
        begun_at timestamptz(3) not null default clock_timestamp(),
        finished_at timestamptz(3)
      );
    `);
  },
};

export const importLedger = (database: Database): ImportLedger => ({
  begin: ({ realm, importId, source }, isEmpty) =>
    transact(database, 'imports.begin', async (tx) => {
      const empty = await isEmpty(tx);
      const known = await lock(tx, realm, 'for update');
      if (known !== undefined) {
        if (known.source === source) return keptFrom(known);
        throw new Fault('conflict', 'import_other_source', 'This realm was imported from another source');
      }
      if (!empty) throw new Fault('conflict', 'realm_not_empty', 'This realm is not empty');
      const { rows } = await tx.raw<{ rows: ImportRow[] }>(
        'insert into imports (realm, id, source) values (:realm, :importId, :source) returning *',
        { realm, importId, source },
      );
      return keptFrom(rows[0]);
    }),

  find: (realm) =>
    query(database, 'imports.find', async (knex) => {
      const { rows } = await knex.raw<{ rows: ImportRow[] }>('select * from imports where realm = :realm', { realm });
      return rows[0] === undefined ? null : keptFrom(rows[0]);
    }),

  add: (key, name, work, byConstraint) =>
    transact(
      database,
      name,
      // Shared: groups of one import may run concurrently, and finishing waits for them.
      async (tx) => work(tx, opened(await lock(tx, key.realm, 'for share'), key)),
      byConstraint,
    ),

  progress: (key, checkpoint) =>
    transact(database, 'imports.progress', async (tx) => {
      opened(await lock(tx, key.realm, 'for update'), key);
      await tx.raw('update imports set checkpoint = :checkpoint where realm = :realm', { ...key, checkpoint });
    }),

  finish: (key, complete) =>
    transact(database, 'imports.finish', async (tx) => {
      const known = await lock(tx, key.realm, 'for update');
      if (known?.id === key.importId && known.finished_at !== null) return keptFrom(known);
      opened(known, key);
      await complete?.(tx);
      const { rows } = await tx.raw<{ rows: ImportRow[] }>(
        'update imports set finished_at = clock_timestamp() where realm = :realm returning *',
        { realm: key.realm },
      );
      return keptFrom(rows[0]);
    }),

  isImporting: (realm) =>
    query(database, 'imports.is_importing', async (knex) => {
      const { rows } = await knex.raw<{ rows: unknown[] }>(
        'select from imports where realm = :realm and finished_at is null',
        { realm },
      );
      return rows.length > 0;
    }),
});

interface ImportRow {
  readonly id: string;
  readonly source: string;
  readonly checkpoint: string | null;
  readonly begun_at: Date;
  readonly finished_at: Date | null;
}

const lock = async (tx: Knex, realm: string, strength: 'for update' | 'for share'): Promise<ImportRow | undefined> => {
  const { rows } = await tx.raw<{ rows: ImportRow[] }>(`select * from imports where realm = :realm ${strength}`, {
    realm,
  });
  return rows[0];
};

const opened = (row: ImportRow | undefined, { importId }: ImportKey): KeptImport => {
  if (row?.id === importId && row.finished_at === null) return keptFrom(row);
  throw new Fault('conflict', 'import_not_open', 'There is no such import, or it is finished');
};

const keptFrom = (row: ImportRow | undefined): KeptImport => {
  if (row === undefined) throw new Error('A statement that always gives a row gave none');
  return {
    importId: row.id,
    source: row.source,
    begunAt: row.begun_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    checkpoint: row.checkpoint,
  };
};
