// What runs before an upgrade: the schema is brought up to date by a process that does nothing else and ends.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connectDatabase } from '@parley/postgres';
import { freshDatabases } from '@parley/testing';
import { expect, test } from 'vitest';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const migrate = (service: string, environment: Record<string, string>): Promise<{ code: number; said: string }> => {
  const main = fileURLToPath(new URL(`../../services/${service}/dist/src/migrate/main.js`, import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main], { env: environment }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, said: `${stdout}${stderr}` }),
    );
  });
};

test.each(['auth', 'topics', 'chat', 'signaling'])(
  '%s migrates alone, and a second time there is nothing to do',
  async (service) => {
    await using empty = await freshDatabases([]);
    const environment = { DATABASE_URL: empty.url };
    const [first, second] = [await migrate(service, environment), await migrate(service, environment)];
    expect(first).toMatchObject({ code: 0 });
    expect(first.said).toContain('migration applied');
    expect(second).toMatchObject({ code: 0 });
    expect(second.said).not.toContain('migration applied');
    const database = connectDatabase({ url: empty.url, schema: service, log });
    expect(await database.knex('migrations').select('name')).not.toHaveLength(0);
    await database.close();
  },
);

test('without a database it ends with 1 and a sentence', async () => {
  const { code, said } = await migrate('chat', {});
  expect(code).toBe(1);
  expect(said).toContain('DATABASE_URL');
  expect(said).not.toContain('    at ');
});
