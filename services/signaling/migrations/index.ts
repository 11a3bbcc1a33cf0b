import type { Migrations } from '@parley/postgres';
import { organizations } from './0001_organizations.js';

export const migrations: Migrations = { '0001_organizations': organizations };
