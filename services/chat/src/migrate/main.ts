import { runMigrations } from '@parley/process';
import { migrations } from '../../migrations/index.js';

await runMigrations({ name: 'chat', environment: process.env, migrations });
