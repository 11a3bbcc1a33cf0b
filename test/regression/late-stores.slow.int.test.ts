// Services that start before their stores: each says once what it waits for, answers probes meanwhile, and serves when they are there.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import {
  eventually,
  freePort,
  type RunningServer,
  serviceCommand,
  type ServiceName,
  startNats,
  startPostgres,
  startRedis,
  stackServices,
} from '@parley/testing';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

interface Started {
  readonly child: ChildProcess;
  readonly healthUrl: string;
  said(): string;
  readonly ended: Promise<number | null>;
}

const start = async (service: ServiceName, environment: Readonly<Record<string, string>>): Promise<Started> => {
  const healthPort = String(await freePort());
  const env = { PATH: process.env['PATH'], PARLEY_HEALTH_PORT: healthPort, PORT: '0', ...environment };
  const child = spawn(process.execPath, serviceCommand(service), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  undo.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, healthUrl: `http://127.0.0.1:${healthPort}`, said: () => said, ended };
};

const statusOf = (url: string): Promise<number> =>
  fetch(url).then(
    ({ status }) => status,
    () => 0,
  );

const own = async (server: Promise<RunningServer>): Promise<RunningServer> => {
  const running = await server;
  undo.push(() => running.stop());
  return running;
};

const PARLEY_SECRET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const timesSaid = (text: string, part: string): number => text.split(part).length - 1;

test(
  'all services of a stack wait for stores that come late, and say so once; each names a variable that is misspelled, and none of another part',
  {
    timeout: 180_000,
  },
  async () => {
    const [nats, postgres, redis] = await Promise.all([own(startNats()), own(startPostgres()), own(startRedis())]);
    const stores = [nats, postgres, redis];
    for (const store of stores) await store.kill('SIGKILL');
    const urls = { NATS_URL: nats.url, DATABASE_URL: postgres.url, REDIS_URL: redis.url };
    // A slip, and variables of another part.
    const others = { PARLEY_HASHES_AT_ONC: 'hidden', PARLEY_FRAMES_BURST: '50', PARLEY_FOLDER: '/nowhere' };
    const started = new Map<ServiceName, Started>();
    for (const service of stackServices)
      started.set(service, await start(service, { ...urls, ...others, PARLEY_SECRET }));

    for (const [service, { said, healthUrl }] of started) {
      await eventually(() => said().includes(`Waiting for NATS at 127.0.0.1:${nats.port}`), { withinMs: 60_000 });
      if (service !== 'gateway')
        await eventually(() => said().includes(`Waiting for PostgreSQL at 127.0.0.1:${postgres.port}`));
      expect([await statusOf(`${healthUrl}/healthz`), await statusOf(`${healthUrl}/readyz`)]).toEqual([200, 503]);
    }
    await nats.start();
    const { said: gatewaySaid } = started.get('gateway') as Started;
    await eventually(() => gatewaySaid().includes(`Waiting for Redis at 127.0.0.1:${redis.port}`), {
      withinMs: 60_000,
    });
    await postgres.start();
    await redis.start();
    for (const { healthUrl } of started.values())
      await eventually(async () => (await statusOf(`${healthUrl}/readyz`)) === 200, { withinMs: 90_000 });
    await eventually(() => gatewaySaid().includes(`Redis at 127.0.0.1:${redis.port} answers`));
    for (const { said } of started.values()) {
      expect(timesSaid(said(), 'Waiting for NATS')).toBe(1);
      expect(timesSaid(said(), 'Waiting for PostgreSQL')).toBeLessThanOrEqual(1);
      expect(said()).not.toMatch(/"stack"|"level":"error"/);
      const warnings = said()
        .split('\n')
        .filter((line) => line.includes('has no effect'))
        .map((line) => (JSON.parse(line) as { msg: string }).msg);
      expect(warnings).toEqual([
        'PARLEY_HASHES_AT_ONC is not a variable of Parley and has no effect; did you mean PARLEY_HASHES_AT_ONCE?',
      ]);
    }
  },
);

test('a service whose role in PostgreSQL is made later waits for it, and says so once', async () => {
  const [nats, postgres] = await Promise.all([own(startNats()), own(startPostgres())]);
  const url = new URL(postgres.url);
  url.username = 'made_later';
  const { said, healthUrl } = await start('signaling', { NATS_URL: nats.url, DATABASE_URL: url.toString() });
  await eventually(() => said().includes('to accept the user and the password'), { withinMs: 60_000 });
  const client = new pg.Client(postgres.url);
  await client.connect();
  await client.query('create role made_later login superuser');
  await client.end();
  await eventually(async () => (await statusOf(`${healthUrl}/readyz`)) === 200, { withinMs: 60_000 });
  expect(timesSaid(said(), 'to accept the user and the password')).toBe(1);
});

interface Proxy {
  readonly url: string;
  /** Whether a service connected to migrate. */
  wasLost(): boolean;
  comeBack(): Promise<void>;
}

/** PostgreSQL that answers the check of a starting service, and is away from the moment at which the service connects to migrate. */
const lostBeforeMigration = async (postgres: RunningServer, service: string): Promise<Proxy> => {
  let lost = false;
  const proxy = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', (startup: Buffer) => {
      if (!lost && startup.includes(`parley-${service}`)) {
        lost = true;
        proxy.close();
        return void client.destroy();
      }
      const server = connect(postgres.port, '127.0.0.1').on('error', () => client.destroy());
      server.write(startup);
      client.pipe(server).pipe(client);
    });
  });
  const listen = (port: number): Promise<void> => new Promise((done) => proxy.listen(port, '127.0.0.1', done));
  await listen(0);
  const { port } = proxy.address() as AddressInfo;
  undo.push(() => proxy.close());
  const url = new URL(postgres.url);
  url.port = String(port);
  return { url: url.toString(), wasLost: () => lost, comeBack: () => listen(port) };
};

test(
  'a service that loses PostgreSQL before it has migrated answers probes, and serves when PostgreSQL is back',
  { timeout: 120_000 },
  async () => {
    const [nats, postgres] = await Promise.all([own(startNats()), own(startPostgres())]);
    const proxy = await lostBeforeMigration(postgres, 'chat');
    const { said, healthUrl } = await start('chat', { NATS_URL: nats.url, DATABASE_URL: proxy.url });
    await eventually(() => proxy.wasLost() && said().includes('PostgreSQL does not answer'), { withinMs: 60_000 });
    expect([await statusOf(`${healthUrl}/healthz`), await statusOf(`${healthUrl}/readyz`)]).toEqual([200, 503]);
    await proxy.comeBack();
    await eventually(async () => (await statusOf(`${healthUrl}/readyz`)) === 200, { withinMs: 60_000 });
    expect(timesSaid(said(), 'PostgreSQL does not answer')).toBe(1);
  },
);

test(
  'a service waits for a PostgreSQL that it lost as long as for one that never answered',
  { timeout: 120_000 },
  async () => {
    const [nats, postgres] = await Promise.all([own(startNats()), own(startPostgres())]);
    const proxy = await lostBeforeMigration(postgres, 'chat');
    const environment = { NATS_URL: nats.url, DATABASE_URL: proxy.url, PARLEY_STARTUP_WAIT_MS: '5000' };
    const started = await start('chat', environment);
    await eventually(() => proxy.wasLost(), { withinMs: 60_000 });
    // Shorter than the minute that services waited whatever the variable was.
    await eventually(() => started.child.exitCode !== null, { withinMs: 40_000 });
    expect(await started.ended).toBe(1);
    const { host } = new URL(proxy.url);
    const lines = started.said().trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('{'))).toEqual([`DATABASE_URL: no PostgreSQL answers at ${host}.`]);
  },
);

const refused = async ({ said, ended }: Started): Promise<string> => {
  expect(await ended).toBe(1);
  const lines = said()
    .trim()
    .split('\n')
    .filter((line) => !line.includes('"msg":"Waiting for '));
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
};

test('who waits no longer says in one sentence for what, without the password', async () => {
  const nats = await own(startNats());
  const nowhere = await freePort();
  const noDatabase = `postgres://parley:hidden@127.0.0.1:${nowhere}/parley`;
  const environment = { NATS_URL: nats.url, DATABASE_URL: noDatabase, PARLEY_STARTUP_WAIT_MS: '0' };
  expect(await refused(await start('chat', environment))).toBe(
    `DATABASE_URL: no PostgreSQL answers at 127.0.0.1:${nowhere}.`,
  );
  const noNats = `nats://parley:hidden@127.0.0.1:${nowhere}`;
  expect(await refused(await start('gateway', { NATS_URL: noNats, PARLEY_STARTUP_WAIT_MS: '300' }))).toBe(
    `NATS_URL: no NATS answers at 127.0.0.1:${nowhere}.`,
  );
});

test('what waiting would not mend ends a service at once', async () => {
  const nats = await own(startNats({ user: 'parley', password: 'right' }));
  const postgres = await own(startPostgres());
  const NATS_URL = nats.url.replace('right', 'hidden');
  const wrongPassword = await start('gateway', { NATS_URL });
  expect(await refused(wrongPassword)).toBe(
    `NATS_URL: NATS at 127.0.0.1:${nats.port} refused the user or the password.`,
  );
  const DATABASE_URL = new URL('/nosuch', postgres.url).toString();
  expect(await refused(await start('topics', { NATS_URL: nats.url, DATABASE_URL }))).toBe(
    `DATABASE_URL: PostgreSQL at 127.0.0.1:${postgres.port} has no database nosuch.`,
  );
});

const mistakes: readonly [string, ServiceName, Readonly<Record<string, string>>, RegExp][] = [
  [
    'another database',
    'chat',
    { DATABASE_URL: 'mysql://a:hidden@127.0.0.1/c' },
    /DATABASE_URL: is not usable; expected/,
  ],
  [
    'an @ in a password',
    'auth',
    { DATABASE_URL: 'postgres://a:hid@den/w@127.0.0.1/c', PARLEY_SECRET },
    /percent-encoded/,
  ],
  [
    'a standby asked for',
    'topics',
    { DATABASE_URL: 'postgres://a:hidden@127.0.0.1:1,127.0.0.1:2/c?target_session_attrs=standby' },
    /target_session_attrs that is not supported/,
  ],
  ['an address of another machine', 'gateway', { HOST: '192.0.2.1' }, /^HOST: 192\.0\.2\.1 is not an address/],
];

test.each(mistakes)(
  '%s is one sentence of %s, though no store is there',
  async (_what, service, environment, sentence) => {
    const nats = { NATS_URL: `nats://127.0.0.1:${await freePort()}` };
    const said = await refused(await start(service, { ...nats, ...environment }));
    expect(said).toMatch(sentence);
    expect(said).not.toMatch(/hid|den/);
  },
);

test('a port that another process has is one sentence, though no store is there', async () => {
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  undo.push(() => taken.close());
  const port = String((taken.address() as AddressInfo).port);
  const environment = { NATS_URL: `nats://127.0.0.1:${await freePort()}` };
  expect(await refused(await start('gateway', { ...environment, PORT: port }))).toMatch(
    /^PORT: another process already/,
  );
  const DATABASE_URL = `postgres://a@127.0.0.1:${await freePort()}/b`;
  expect(await refused(await start('chat', { ...environment, DATABASE_URL, PARLEY_HEALTH_PORT: port }))).toMatch(
    /^PARLEY_HEALTH_PORT: another process already listens/,
  );
});
