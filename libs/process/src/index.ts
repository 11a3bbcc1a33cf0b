export { busMeter, databaseMeter, showBus, showDatabase } from './observe.js';
export {
  runProcess,
  runService,
  ServiceVariables,
  type ProcessDeps,
  type ServiceDeps,
  type ServiceProcess,
} from './run.js';
export { type MigrationProcess, MigrationVariables, runMigrations } from './migrate.js';
