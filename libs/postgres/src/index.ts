export { callerDeadline, withCallerDeadline } from './caller-deadline.js';
export { checkDatabase, type DatabaseCheck, type DatabaseProblem } from './check-database.js';
export {
  connectDatabase,
  type ConnectOptions,
  type Database,
  type DatabaseLog,
  type DatabaseMeter,
  type PoolState,
} from './connect.js';
export { databaseUser } from './database-hosts.js';
export { faultFromSql } from './faults.js';
export { groupedReads } from './grouped-reads.js';
export { databaseUrlMistake } from './database-url.js';
export { createImportGate, type ImportGate, realmImporting } from './import-gate.js';
export { type ImportKey, type ImportLedger, importLedger, importsTable, type KeptImport } from './imports.postgres.js';
export { momentsAsText } from './moments.js';
export { Pipeline, type Prepared, runPrepared } from './prepared.js';
export { migrate, type Migration, type Migrations, NotMigrated } from './migrate.js';
export { mayMigrate, ownerRole, provisionRoles, type RolePasswords, serviceRole } from './roles.postgres.js';
export type { DatabaseTlsFiles } from './tls.js';
export { execute, query, transact } from './transaction.js';
