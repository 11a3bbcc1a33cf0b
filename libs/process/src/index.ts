export { busMeter, databaseMeter, exposeBusMetrics, exposeDatabaseMetrics } from './observe.js';
export {
  BusVariables,
  runProcess,
  runService,
  ServiceVariables,
  type ProcessDeps,
  type ServiceDeps,
  type ServiceProcess,
} from './run.js';
export { startupVariables } from './startup.js';
export { type Store, type StoreProblem, waitForStore } from './wait-for-store.js';
export { type MigrationProcess, MigrationVariables, runMigrations } from './migrate.js';
