import { randomBytes } from 'node:crypto';
import { type DatabaseLog, connectDatabase, migrate, ownerRole, provisionRoles, serviceRole } from '@parley/postgres';
import { serviceSchemas } from './owners.js';

const quiet: DatabaseLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Creates the roles of a real installation in a database and applies all migrations as their owner. Resolves with the URL of each service;
 * `url` is that of a superuser.
 */
export const prepareServiceDatabases = async (url: string): Promise<Readonly<Record<string, string>>> => {
  const passwords = Object.fromEntries(
    [ownerRole, ...serviceSchemas.map(({ schema }) => schema)].map((name) => [name, randomBytes(16).toString('hex')]),
  );
  const urlFor = (role: string, password = ''): string => {
    const own = new URL(url);
    own.username = role;
    own.password = password;
    return own.toString();
  };
  const { [ownerRole]: owner = '', ...services } = passwords;
  const superuser = connectDatabase({ url, schema: 'public', poolMax: 1, log: quiet });
  try {
    await provisionRoles(superuser.knex, { owner, services });
  } finally {
    await superuser.close();
  }
  await Promise.all(
    serviceSchemas.map(async ({ schema, migrations }) => {
      const database = connectDatabase({ url: urlFor(ownerRole, owner), schema, poolMax: 2, log: quiet });
      try {
        await migrate(database, migrations);
      } finally {
        await database.close();
      }
    }),
  );
  return Object.fromEntries(
    Object.entries(services).map(([schema, password]) => [schema, urlFor(serviceRole(schema), password)]),
  );
};
