// The stores of all five old servers move into one running stack, each into its realm; then every journey of each wire runs against it, as
// it does against an empty Parley. Ends with 0 when all hold.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import pg from 'pg';
import { conversationsRows, makeConversationsDatabase } from '@parley/importer/testing/conversations-database';
import { fluentRows, makeFluentDatabase } from '@parley/importer/testing/fluent-database';
import { makeMeshDatabase, meshRows } from '@parley/importer/testing/mesh-database';
import { makeRoomsDatabase, roomsRows } from '@parley/importer/testing/rooms-database';
import { fillSwifty, swiftyKeys } from '@parley/importer/testing/swifty-database';
import { type Stack, startRedis, startSharedServers, startStack } from '@parley/testing';
import { runImporter } from './import/importer-process.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions } from './proof/options.js';
import { failureOf, runTests } from './proof/run-tests.js';

readOptions({});

/** The journeys of one wire alone. Those that start processes of their own (other settings, a killed gateway) have no imported realm. */
const kits = {
  rooms: ['rooms-chat', 'rooms-contract', 'rooms-reactions'],
  mesh: ['mesh'],
  fluent: ['fluent'],
  conversations: ['conversations'],
  swifty: ['swifty', 'swifty-kept', 'swifty-rows', 'swifty-same-uuid'],
} as const;
type SourceName = keyof typeof kits;

/** The store of each old server, as the tests of the importer make it; the path or the URL of it. */
const makeStores = async (folder: string): Promise<Readonly<Record<SourceName, string>>> => {
  const rooms = join(folder, 'chat.db');
  makeRoomsDatabase(rooms, roomsRows);
  const redis = await startRedis();
  afterwards(() => redis.stop());
  await fillSwifty(redis.url, swiftyKeys);
  const stop = await startSharedServers();
  afterwards(() => stop?.());
  const databases = await Promise.all([
    makeMeshDatabase(meshRows),
    makeFluentDatabase(fluentRows),
    makeConversationsDatabase(conversationsRows),
  ]);
  for (const each of databases) afterwards(() => each[Symbol.asyncDispose]());
  const [mesh, fluent, conversations] = databases.map(({ url }) => url) as [string, string, string];
  return { rooms, mesh, fluent, conversations, swifty: redis.url };
};

const importAll = async (stack: Stack, stores: Readonly<Record<SourceName, string>>, folder: string): Promise<void> => {
  for (const [name, location] of Object.entries(stores)) {
    const report = join(folder, `${name}.jsonl`);
    const words = [name, location, '--report', report];
    const { ended, said } = await runImporter(words, { NATS_URL: stack.nats.urlOf('importer') }, async () => false);
    if (ended !== 0) console.log(said);
    check(`${name}: the import ends well`, ended === 0);
  }
};

const accountsIn = async (databaseUrl: string, realm: string): Promise<number> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>('select count(*) from auth.accounts where realm = $1', [
      realm,
    ]);
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
};

const runKit = async (name: SourceName, stack: Stack): Promise<void> => {
  const moved = await accountsIn(stack.databaseUrl, name);
  const files = kits[name].map((file) => `test/journeys/${file}.int.test.ts`);
  const results = await runTests(files, { PARLEY_TEST_URLS: stack.urls.join() });
  const tests = results.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status === 'failed');
  figure(`${name}: journeys that hold on the imported realm`, tests.filter(({ status }) => status === 'passed').length);
  for (const test of failed) console.log(`    ${failureOf(test)}`);
  const broken = results.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
  for (const file of broken) console.log(`    ${basename(file.name)} ${file.message}`);
  check(`${name}: none fails`, tests.length > 0 && failed.length === 0 && broken.length === 0);
  check(`${name}: every file was read`, results.length === files.length);
  const after = await accountsIn(stack.databaseUrl, name);
  check(
    `${name}: the ${moved} accounts of the old server and ${after - moved} of the journeys share the realm`,
    moved > 0 && after > moved,
  );
};

await prove(
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-import-kit-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    const stores = await makeStores(folder);
    // Two gateways, as journeys want them. A realm with sample users would not be empty.
    const stack = await startStack({
      scale: { gateway: 2 },
      environment: { PARLEY_SAMPLE_DATA: 'false', PARLEY_V1_REALMS: 'mesh' },
    });
    afterwards(() => stack.stop());
    await importAll(stack, stores, folder);
    for (const name of Object.keys(kits) as SourceName[]) await runKit(name, stack);
  },
  { withinMs: 15 * 60_000 },
);
finish();
