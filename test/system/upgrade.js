// A roll-out from the version before: its processes run on the schema that the new version made, and with new processes beside them,
// while SDK sockets hear and speak. Then it is rolled back, old code on the new schema. Nothing is lost, doubled or refused.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import * as current from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { judgeCrowd, openCrowd, startTalking } from './delivery/load.js';
import { finish } from './proof/figures.js';
import { freePort } from './proof/ports.js';
import { seeded } from './proof/random.js';
import { readOptions, text, whole } from './proof/options.js';

const { values } = readOptions({
  from: text('<commit>', 'the version before; else the last one with another contract or schema'),
  sockets: whole('SDK sockets'),
  rate: whole('messages a second'),
  seed: whole('repeats a run', 0),
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const services = ['auth', 'topics', 'chat', 'signaling', 'gateway'];
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();

/** The newest version with another contract or schema than this one, unless `--from` names one. */
const versionBefore = () =>
  values.from ?? `${git('log', '-1', '--format=%H', '--', 'libs/contracts/src', 'services/*/migrations')}~1`;

const builtAt = (commit, folder) => {
  git('clone', '--quiet', '--no-checkout', '.', folder);
  execFileSync('git', ['checkout', '--quiet', commit], { cwd: folder });
  execFileSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
  return import(pathToFileURL(join(folder, 'libs/testing/dist/index.js')).href);
};

await prove(
  async () => {
    const commit = git('rev-parse', versionBefore());
    console.log(`  seed ${seed}, from ${git('log', '-1', '--format=%h %s', commit)}`);
    const folder = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    const before = await builtAt(commit, join(folder, 'before'));

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
    const ports = await Promise.all([freePort(), freePort()]);
    const urls = ports.map((port) => `http://127.0.0.1:${port}`);
    const processOf = (version, service, replica) => {
      const environment = { ...shared, ...(service === 'gateway' ? { PORT: String(ports[replica]) } : {}) };
      const name = `${service}-${replica + 1}`;
      return version.serviceProcess({ service, name, environment, logFile: join(folder, `${name}.log`) });
    };
    const running = new Map();
    afterwards(() => Promise.all([...running.values()].map((each) => each.stop())));
    const run = async (version, service, replica) => {
      const name = `${service}-${replica + 1}`;
      await running.get(name)?.stop();
      const process = await processOf(version, service, replica);
      running.set(name, process);
      await process.start();
    };

    for (const replica of [0, 1]) await Promise.all(services.map((service) => run(before, service, replica)));
    const crowd = await openCrowd(urls, { socketCount: Number(values.sockets ?? 200), random: seeded(seed) });
    const talking = startTalking(crowd, Number(values.rate ?? 100));
    await sleep(2_000);

    for (const service of services.filter((each) => each !== 'gateway')) {
      const main = new URL(`../../services/${service}/dist/src/migrate/main.js`, import.meta.url).pathname;
      execFileSync(process.execPath, [main], { env: { DATABASE_URL: postgres.url }, stdio: 'ignore' });
    }
    console.log('  … the schema is the new one, all processes are of the version before');
    await sleep(5_000);
    for (const [version, name] of [
      [current, 'new'],
      [before, 'before'],
    ]) {
      for (const service of services) {
        await run(version, service, 0);
        // Both versions answer: each has a replica.
        await sleep(2_000);
        await run(version, service, 1);
        console.log(`  … ${service} is of the version ${name}`);
      }
    }
    const said = await talking.stop();
    await judgeCrowd(crowd, said);
  },
  { withinMs: 480_000 },
);
finish();
