import { runMigrations } from '@parley/process';
import { migrations } from '../../migrations/index.js';

await runMigrations({ name: 'signaling', environment: process.env, migrations });
