// A roll-out from the version before: its processes run on the schema that the new version made, and with new processes beside them,
// while SDK sockets send and receive. Then it is rolled back, old code on the new schema. Nothing is lost, duplicated or refused.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import * as current from '@parley/testing';
import type { ServiceProcess } from '@parley/testing';
import { root } from '../root.js';
import { openLoad, startSending, verifyLoad } from './delivery/load.js';
import { afterwards, prove } from './proof/cleanup.js';
import { finish } from './proof/figures.js';
import { readOptions, seedOf, text, whole } from './proof/options.js';
import { seeded } from './proof/random.js';

const { values } = readOptions({
  from: text('<commit>', 'the version before; else the last one with another contract or schema'),
  sockets: whole('SDK sockets'),
  rate: whole('messages a second'),
  seed: whole('repeats a run', 0),
});
const { sockets: socketCount = 200, rate = 100 } = values;
const seed = seedOf(values.seed);
const services = current.stackServices;
/** As the release notes of 0.2.0 have it: gateways understand the tokens of both versions before auth issues new ones. */
const upgradeOrder = [
  'chat',
  'topics',
  'signaling',
  'gateway',
  'auth',
] as const satisfies readonly current.StackService[];
const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', cwd: root }).trim();

/** What starts the processes of a version. */
type Version = Pick<typeof current, 'serviceProcess'>;

/** The newest version with another contract or schema than this one, unless `--from` names one. */
const versionBefore = (): string =>
  values.from ?? `${git('log', '-1', '--format=%H', '--', 'libs/contracts/src', 'services/*/migrations/*')}~1`;

const builtAt = async (commit: string, folder: string): Promise<Version> => {
  git('clone', '--quiet', '--no-checkout', '.', folder);
  execFileSync('git', ['checkout', '--quiet', commit], { cwd: folder });
  execFileSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
  return (await import(pathToFileURL(join(folder, 'libs/testing/dist/index.js')).href)) as Version;
};

const migrate = (databaseUrl: string): void => {
  for (const service of services.filter((each) => each !== 'gateway')) {
    const main = join(root, `services/${service}/dist/src/migrate/main.js`);
    execFileSync(process.execPath, [main], { env: { DATABASE_URL: databaseUrl }, stdio: 'ignore' });
  }
};

/** Starts processes of a version in place of those with the same name. */
const startRunner = async (logFolder: string) => {
  const [nats, redis, postgres] = await Promise.all([
    current.startNats(),
    current.startRedis(),
    current.startPostgres(),
  ]);
  afterwards(() => Promise.all([nats.stop(), redis.stop(), postgres.stop()]));
  const shared = {
    NATS_URL: nats.url,
    REDIS_URL: redis.url,
    DATABASE_URL: postgres.url,
    PARLEY_SECRET: randomBytes(32).toString('hex'),
    PARLEY_DRAIN_MS: '3000',
    HOST: '127.0.0.1',
  };
  const ports = [await current.freePort(), await current.freePort()] as const;
  const running = new Map<string, ServiceProcess>();
  afterwards(() => Promise.all([...running.values()].map((each) => each.stop())));
  const run = async (version: Version, service: current.StackService, replica: 0 | 1): Promise<void> => {
    const name = `${service}-${replica + 1}`;
    await running.get(name)?.stop();
    const environment = { ...shared, ...(service === 'gateway' && { PORT: String(ports[replica]) }) };
    const logFile = join(logFolder, `${name}.log`);
    const process = await version.serviceProcess({ service, name, environment, logFile });
    running.set(name, process);
    await process.start();
  };
  return { run, databaseUrl: postgres.url, urls: ports.map((port) => `http://127.0.0.1:${port}`) };
};

await prove(
  async () => {
    const commit = git('rev-parse', versionBefore());
    console.log(`  seed ${seed}, from ${git('log', '-1', '--format=%h %s', commit)}`);
    const folder = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    const before = await builtAt(commit, join(folder, 'before'));

    const { run, databaseUrl, urls } = await startRunner(folder);
    for (const replica of [0, 1] as const) await Promise.all(services.map((service) => run(before, service, replica)));
    const load = await openLoad(urls, { socketCount, random: seeded(seed) });
    const sending = startSending(load, rate);
    await sleep(2_000);

    migrate(databaseUrl);
    console.log('  … the schema is the new one, all processes are of the version before');
    await sleep(5_000);
    for (const [version, name, order] of [
      [current, 'new', upgradeOrder],
      [before, 'before', upgradeOrder.toReversed()],
    ] as const) {
      for (const service of order) {
        await run(version, service, 0);
        // Both versions answer: each has a replica.
        await sleep(2_000);
        await run(version, service, 1);
        console.log(`  … ${service} is of the version ${name}`);
      }
    }
    await verifyLoad(load, await sending.stop());
  },
  // The version before is installed and built in this time as well.
  { withinMs: 1_200_000 },
);
finish();
