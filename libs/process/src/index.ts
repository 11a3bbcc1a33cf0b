export { runProcess, runService, type ProcessDeps, type ServiceDeps, type ServiceProcess } from './run.js';
