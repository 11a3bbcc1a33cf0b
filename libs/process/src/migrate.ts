import {
  type Migrations,
  checkDatabase,
  connectDatabase,
  databaseUser,
  migrate,
  ownerRole,
  provisionRoles,
  serviceRole,
} from '@parley/postgres';
import {
  ConfigError,
  type Log,
  type TlsFiles,
  createLog,
  processVariables,
  readConfig,
  startFailure,
  tlsFilesOf,
  tlsVariables,
} from '@parley/runtime';
import { z } from 'zod';
import { databaseUrl, startupVariables } from './startup.js';
import { nameLostStore, waitForStore } from './wait-for-store.js';

/** Variables of a migration. */
export const MigrationVariables = z.object({
  ...processVariables,
  ...startupVariables,
  DATABASE_URL: databaseUrl.describe(
    'URL with the role that owns the schemas ([roles](operations.md#the-roles-in-postgresql))',
  ),
  ...tlsVariables('PARLEY_DATABASE'),
  PARLEY_DATABASE_ADMIN_URL: databaseUrl
    .optional()
    .describe(
      "URL with a role that may create roles: the migration then creates the owner and the service's role first",
    ),
  PARLEY_DATABASE_SERVICE_URL: databaseUrl
    .optional()
    .describe('the future `DATABASE_URL` of the service; required with an admin URL'),
});
type Settings = z.output<typeof MigrationVariables>;

export interface MigrationProcess {
  /** The name of the service and of its schema. */
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly migrations: Migrations;
}

/**
 * Migrates the schema of a service and ends the process: for upgrades that migrate before new processes start, while old ones still serve.
 * Reads the owner's DATABASE_URL. With PARLEY_DATABASE_ADMIN_URL, of a role that may create roles, it first creates the owner and the
 * service's role with the passwords of DATABASE_URL and PARLEY_DATABASE_SERVICE_URL, and moves existing objects to the owner. Exits with 1
 * after a failure.
 */
export const runMigrations = async ({ name, environment, migrations }: MigrationProcess): Promise<void> => {
  try {
    const settings = readConfig(MigrationVariables, environment);
    const log = createLog({ service: name, level: settings.PARLEY_LOG_LEVEL });
    const tls = tlsFilesOf('PARLEY_DATABASE', settings);
    await prepareRoles(name, settings, tls, log);
    const check = () => checkDatabase(settings.DATABASE_URL, [name], { tls });
    const startupWaitMs = settings.PARLEY_STARTUP_WAIT_MS;
    const store = { name: 'PostgreSQL', check };
    await waitForStore(store, startupWaitMs, log);
    const database = connectDatabase({ url: settings.DATABASE_URL, tls, schema: name, poolMax: 2, startupWaitMs, log });
    try {
      await migrate(database, migrations);
      log.info('the schema is up to date');
    } catch (error) {
      throw await nameLostStore(error, [store]);
    } finally {
      await database.close();
    }
  } catch (error) {
    process.stderr.write(`${startFailure(error)}\n`);
    process.exitCode = 1;
  }
};

const prepareRoles = async (schema: string, settings: Settings, tls: TlsFiles | undefined, log: Log): Promise<void> => {
  const { PARLEY_DATABASE_ADMIN_URL: adminUrl, PARLEY_DATABASE_SERVICE_URL: serviceUrl = '' } = settings;
  if (adminUrl === undefined) return;
  const mistakes = [
    ...mistakesOf('DATABASE_URL', settings.DATABASE_URL, ownerRole),
    ...mistakesOf('PARLEY_DATABASE_SERVICE_URL', serviceUrl, serviceRole(schema)),
  ];
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const check = () => checkDatabase(adminUrl, [], { variable: 'PARLEY_DATABASE_ADMIN_URL', tls });
  await waitForStore({ name: 'PostgreSQL', check }, settings.PARLEY_STARTUP_WAIT_MS, log);
  const admin = connectDatabase({ url: adminUrl, tls, schema: 'public', poolMax: 1, log });
  try {
    const services = { [schema]: passwordIn(serviceUrl) };
    await provisionRoles(admin.knex, { owner: passwordIn(settings.DATABASE_URL), services });
    log.info({ schema }, 'the roles are up to date');
  } finally {
    await admin.close();
  }
};

const mistakesOf = (variable: string, given: string, role: string): string[] => {
  const isRight = given !== '' && databaseUser(given).user === role && databaseUser(given).password !== '';
  return isRight
    ? []
    : [`${variable}: with PARLEY_DATABASE_ADMIN_URL it has to name the role ${role} and its password`];
};

const passwordIn = (given: string): string => databaseUser(given).password;
