import type { Migrations } from '@parley/postgres';
import { channels } from './0001_channels.js';

export const migrations: Migrations = { '0001_channels': channels };
