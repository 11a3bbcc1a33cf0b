// Stores that fail over. The services run on three NATS servers that form a cluster, on a primary of PostgreSQL with a synchronous replica,
// and on a Redis with a replica under three Sentinels, while 20 SDK clients send and receive. Each NATS server is killed and comes back,
// Redis' master is killed, PostgreSQL's primary is killed and its replica promoted: nothing acknowledged is lost, duplicated or out of
// order, and no silence is longer than 15 s.
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  freePort,
  prepareServiceDatabases,
  type ServiceProcess,
  serviceProcess,
  type StackService,
  stackServices,
} from '@parley/testing';
import { type Load, openLoad, startSending, verifyLoad } from './delivery/load.js';
import { type NatsCluster, startNatsCluster } from './failover/nats-cluster.js';
import { type PostgresPair, startPostgresPair } from './failover/postgres-pair.js';
import { startWatchedRedis, type WatchedRedis } from './failover/redis-sentinels.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions, seedOf, text, whole } from './proof/options.js';
import { at, seeded } from './proof/random.js';

const { values } = readOptions({
  sockets: whole('SDK sockets (20)'),
  rate: whole('messages a second (50)'),
  seed: whole('repeats a run', 0),
  logs: text('<folder>', 'where the logs of the processes are kept'),
});
const { sockets: socketCount = 20, rate = 50 } = values;
const seed = seedOf(values.seed);
const silenceMaxMs = 15_000;
const flowsWithinMs = 60_000;
/** What an operator's tool takes to decide that a primary is gone. */
const promotedAfterMs = 2_000;
const scale: Readonly<Record<StackService, number>> = { auth: 2, topics: 2, chat: 2, signaling: 1, gateway: 2 };

interface Stores {
  readonly nats: NatsCluster;
  readonly postgres: PostgresPair;
  readonly redis: WatchedRedis;
}

interface Services {
  readonly urls: readonly string[];
  readonly gateways: readonly ServiceProcess[];
}

const startStores = async (): Promise<Stores> => {
  const [nats, postgres, redis] = await Promise.all([startNatsCluster(), startPostgresPair(), startWatchedRedis()]);
  const all = [...nats.servers, postgres.replica, postgres.primary, ...redis.all];
  afterwards(() => Promise.all(all.map((server) => server.stop())));
  return { nats, postgres, redis };
};

const startServices = async ({ nats, postgres, redis }: Stores): Promise<Services> => {
  const logFolder = mkdtempSync(join(tmpdir(), 'parley-failover-'));
  afterwards(() => rmSync(logFolder, { recursive: true, force: true }));
  const { logs } = values;
  if (logs) afterwards(() => cpSync(logFolder, logs, { recursive: true }));
  const databaseUrls = await prepareServiceDatabases(postgres.primary.url);
  const secret = randomBytes(32).toString('hex');
  const urls: string[] = [];
  const processes: ServiceProcess[] = [];
  for (const service of stackServices)
    for (let index = 1; index <= scale[service]; index += 1) {
      const port = await freePort();
      if (service === 'gateway') urls.push(`http://127.0.0.1:${port}`);
      const environment = {
        NATS_URL: nats.urlOf(service),
        REDIS_URL: redis.url,
        DATABASE_URL: postgres.withBoth(databaseUrls[service] ?? postgres.primary.url),
        PARLEY_SECRET: secret,
        ...(service === 'gateway' && { PORT: String(port) }),
      };
      const name = `${service}-${index}`;
      processes.push(await serviceProcess({ service, name, environment, logFile: join(logFolder, `${name}.log`) }));
    }
  afterwards(() => Promise.all(processes.map((each) => each.stop())));
  const ended: string[] = [];
  for (const each of processes) each.onExit((code, signal) => ended.push(`${each.name} (${signal ?? code})`));
  await Promise.all(processes.map((each) => each.start()));
  afterwards(() => check(`no process ended by itself: ${ended.join(', ') || 'none'}`, ended.length === 0));
  return { urls, gateways: processes.filter(({ service }) => service === 'gateway') };
};

/** Waits until every socket receives what is sent from now on. */
const flows = async ({ users }: Load): Promise<boolean> => {
  const before = users.map(({ latencies }) => latencies.length);
  const receivesAll = (): boolean => users.every(({ latencies }, n) => latencies.length > (before[n] ?? 0));
  for (const end = performance.now() + flowsWithinMs; !receivesAll(); await sleep(50))
    if (performance.now() > end) return false;
  return true;
};

/** Does something to a store under traffic, and prints how long no socket received anything. */
const under = async (load: Load, what: string, work: () => Promise<unknown>): Promise<void> => {
  load.sockets.takeSilenceMs();
  await work();
  check(`${what}: every socket receives again`, await flows(load));
  // Long enough for a silence that begins when a timeout passes.
  await sleep(10_000);
  const silenceMs = load.sockets.takeSilenceMs();
  figure(`${what}: longest silence`, silenceMs / 1000, 's');
  check(`${what}: at most ${silenceMaxMs / 1000} s`, silenceMs <= silenceMaxMs);
};

const killEachNats = async (load: Load, { servers }: NatsCluster): Promise<void> => {
  for (const [index, server] of servers.entries()) {
    await under(load, `NATS ${index + 1} of 3 killed`, () => server.kill('SIGKILL'));
    await under(load, `NATS ${index + 1} is back`, () => server.start());
  }
};

const freezeNats = async (load: Load, nats: NatsCluster): Promise<void> => {
  const server = at(nats.servers, 0);
  await under(load, 'NATS 1 of 3 frozen for 30 s', async () => {
    await server.kill('SIGSTOP');
    await sleep(30_000);
    await server.kill('SIGCONT');
  });
};

const metricOf = async (healthUrl: string, name: string): Promise<number> => {
  const text = await (await fetch(`${healthUrl}/metrics`)).text();
  return Number(new RegExp(`^${name}\\S* (\\S+)$`, 'm').exec(text)?.[1]);
};

const failRedisOver = async (load: Load, redis: WatchedRedis, gateways: readonly ServiceProcess[]): Promise<void> => {
  await under(load, "Redis' master killed", async () => {
    const began = performance.now();
    await redis.master.kill('SIGKILL');
    while ((await redis.masterPort()) === redis.master.port && performance.now() - began < 60_000) await sleep(100);
    figure('Sentinels chose another master after', (performance.now() - began) / 1000, 's');
  });
  check('the master is another one', (await redis.masterPort()) !== redis.master.port);
  for (const gateway of gateways) {
    const connected = async (): Promise<boolean> => (await metricOf(gateway.healthUrl, 'parley_redis_connected')) === 1;
    const end = performance.now() + silenceMaxMs;
    while (!(await connected()) && performance.now() < end) await sleep(100);
    check(`${gateway.name} is connected to it`, await connected());
  }
};

const failPostgresOver = async (load: Load, postgres: PostgresPair): Promise<void> => {
  await under(load, "PostgreSQL's primary killed, its replica promoted", async () => {
    await postgres.primary.kill('SIGKILL');
    await sleep(promotedAfterMs);
    await postgres.promote();
  });
};

await prove(
  async () => {
    console.log(`  seed ${seed}`);
    const stores = await startStores();
    const { urls, gateways } = await startServices(stores);
    const load = await openLoad(urls, { socketCount, random: seeded(seed) });
    const sending = startSending(load, rate, 60_000);
    await sleep(3_000);
    await killEachNats(load, stores.nats);
    await freezeNats(load, stores.nats);
    await failRedisOver(load, stores.redis, gateways);
    await failPostgresOver(load, stores.postgres);
    console.log('');
    await verifyLoad(load, await sending.stop());
  },
  { withinMs: 900_000 },
);
finish();
