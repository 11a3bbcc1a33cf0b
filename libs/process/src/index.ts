export { busMeter, databaseMeter, showBus, showDatabase } from './observe.js';
export { runProcess, runService, type ProcessDeps, type ServiceDeps, type ServiceProcess } from './run.js';
export { type MigrationProcess, runMigrations } from './migrate.js';
