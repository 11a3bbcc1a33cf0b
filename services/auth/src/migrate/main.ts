import { runMigrations } from '@parley/process';
import { migrations } from '../../migrations/index.js';

await runMigrations({ name: 'auth', environment: process.env, migrations });
