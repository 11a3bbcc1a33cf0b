import { type Migrations, connectDatabase, migrate } from '@parley/postgres';
import { ConfigError, createLog, processVariables, readConfig, url } from '@parley/runtime';
import { z } from 'zod';

const Variables = z.object({ ...processVariables, DATABASE_URL: url(['postgres', 'postgresql']) });

export interface MigrationProcess {
  /** The service, whose schema has the same name. */
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly migrations: Migrations;
}

/**
 * Brings a service's schema up to date and ends: for whoever upgrades and wants that done before new processes start, while old
 * ones still serve. Reads DATABASE_URL and nothing else of the service. Ends the process with 1 when it failed.
 */
export const runMigrations = async ({ name, environment, migrations }: MigrationProcess): Promise<void> => {
  try {
    const settings = readConfig(Variables, environment);
    const log = createLog({ service: name, level: settings.PARLEY_LOG_LEVEL });
    const database = connectDatabase({ url: settings.DATABASE_URL, schema: name, poolMax: 2, log });
    try {
      await migrate(database, migrations);
      log.info('the schema is up to date');
    } finally {
      await database.close();
    }
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : String((error as Error).stack)}\n`);
    process.exitCode = 1;
  }
};
