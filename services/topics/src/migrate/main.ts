import { runMigrations } from '@parley/process';
import { migrations } from '../../migrations/index.js';

await runMigrations({ name: 'topics', environment: process.env, migrations });
