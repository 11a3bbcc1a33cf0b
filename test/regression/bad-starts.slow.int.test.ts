import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabases, servers } from '@parley/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

// Starts that cannot succeed, each as a process of its own: one sentence, exit code 1, and nothing is written before.

const main = new URL('../../services/standalone/dist/src/main.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'parley-test-bad-starts-'));
const taken = createServer((socket) => socket.on('error', () => socket.destroy()).end('220 not a database\r\n'));
/** Takes connections and never answers. */
const silent = createServer((socket) => socket.on('error', () => socket.destroy()));
let takenPort = 0;
let silentPort = 0;
let postgres: URL;
let foreign: Awaited<ReturnType<typeof freshDatabases>>;

beforeAll(async () => {
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  takenPort = (taken.address() as AddressInfo).port;
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  silentPort = (silent.address() as AddressInfo).port;
  writeFileSync(join(folder, 'file'), '');
  postgres = new URL(servers().postgresUrl);
  foreign = await freshDatabases([]);
  const client = new pg.Client(foreign.url);
  await client.connect();
  await client.query('create schema chat; create table chat.messages (id int)');
  await client.end();
});
afterAll(async () => {
  taken.close();
  silent.close();
  await foreign[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (
  environment: Readonly<Record<string, string>>,
  words: readonly string[] = [],
  options: { readonly uid?: number; readonly gid?: number; readonly cwd?: string } = {},
) => {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PARLEY_|HOST$|PORT$|.*_URL$)/.test(name));
  const child = spawn(process.execPath, [main, ...words], {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), PORT: '0', PARLEY_FOLDER: join(folder, 'data'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  // Well beyond what it takes under load; a start that hangs would outlive the test.
  const startedAt = performance.now();
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const code = await new Promise<number | null>((done) => child.once('close', done));
  clearTimeout(late);
  return { code, said: said.trim(), tookMs: performance.now() - startedAt };
};

/** What a start may wait for others, all of them asked at once. */
const askingMs = 1_000;

/**
 * Whether the start says no within 2 s, as the one that took `tookMs` did or not, where this machine is quick enough for that: where loading
 * the program alone, measured beside it, takes long, so may the rest. The best of four counts, because others use this machine too.
 */
const isSoon = async (environment: Readonly<Record<string, string>>, tookMs: number): Promise<boolean> => {
  if (tookMs <= 2_000) return true;
  for (let tries = 0; tries < 3; tries += 1) {
    const [loading, refused] = await Promise.all([start({}, ['--version']), start(environment)]);
    if (refused.tookMs <= Math.max(2_000, askingMs + 4 * loading.tookMs)) return true;
  }
  return false;
};

const withPassword = (): string => {
  const url = new URL(postgres);
  url.password = 'not-the-one';
  return url.toString();
};

const cases: readonly [string, () => Readonly<Record<string, string>>, RegExp][] = [
  ['a port in use', () => ({ PORT: String(takenPort) }), /^PORT: another process already listens on port \d+/],
  ['an address of another machine', () => ({ HOST: '192.0.2.1' }), /^HOST: 192\.0\.2\.1 is not an address/],
  ['a host that is no name', () => ({ HOST: 'no-such-host.invalid' }), /^HOST: no-such-host\.invalid is neither/],
  [
    'a data folder that is a file',
    () => ({ PARLEY_FOLDER: join(folder, 'file') }),
    /^PARLEY_FOLDER: .* is not a folder/,
  ],
  ['a scheme of another database', () => ({ DATABASE_URL: 'mysql://a:b@127.0.0.1/c' }), /^DATABASE_URL is not usable/],
  ['an @ and a / in a password', () => ({ DATABASE_URL: 'postgres://a:p@ss/w@127.0.0.1/c' }), /percent-encoded/],
  ['a # in a password', () => ({ DATABASE_URL: 'postgres://a:p#w@127.0.0.1/c' }), /percent-encoded/],
  [
    'a standby asked for',
    () => ({ DATABASE_URL: 'postgres://a:b@127.0.0.1:1,127.0.0.1:2/c?target_session_attrs=standby' }),
    /target_session_attrs that is not supported/,
  ],
  ['no database there', () => ({ DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' }), /no PostgreSQL answers at 127/],
  ['another server there', () => ({ DATABASE_URL: `postgres://a:b@127.0.0.1:${takenPort}/c` }), /PostgreSQL/],
  [
    'a silent server there',
    () => ({ DATABASE_URL: `postgres://a:b@127.0.0.1:${silentPort}/c` }),
    /no PostgreSQL answers/,
  ],
  ['a missing database', () => ({ DATABASE_URL: new URL('/nosuch', postgres).toString() }), /has no database nosuch/],
  ['no NATS there', () => ({ NATS_URL: 'nats://127.0.0.1:1' }), /^NATS_URL: no NATS answers at 127\.0\.0\.1:1/],
  ['no NATS at a silent server', () => ({ NATS_URL: `nats://127.0.0.1:${silentPort}` }), /^NATS_URL: no NATS answers/],
  ['a port out of range', () => ({ PORT: '70000' }), /PORT: is not usable; expected a whole number from 0 to 65535$/],
  ['a data folder where none can be', () => ({ PARLEY_FOLDER: '/proc/x' }), /^PARLEY_FOLDER: \/proc\/x cannot be/],
  [
    'tables of another program',
    () => ({ DATABASE_URL: foreign.url }),
    /^DATABASE_URL: the schema chat .* another program/,
  ],
];

test.each(cases)('%s is one sentence and exit code 1, and soon', async (_what, environment, sentence) => {
  const { code, said, tookMs } = await start(environment());
  expect(said).toMatch(sentence);
  expect(said.split('\n')).toHaveLength(1);
  expect(code).toBe(1);
  expect(readdirSync(folder).includes('data') ? readdirSync(join(folder, 'data')) : []).not.toContain('postgres');
  expect(await isSoon(environment(), tookMs)).toBe(true);
});

test('a data folder that this user cannot write is one sentence', async () => {
  const locked = mkdtempSync(join(tmpdir(), 'parley-test-locked-'));
  chmodSync(locked, 0o555);
  // Root may write everywhere.
  const other = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const { code, said } = await start({ PARLEY_FOLDER: locked }, [], { ...other, cwd: '/' });
  rmSync(locked, { recursive: true });
  expect(said).toMatch(/^PARLEY_FOLDER: .* cannot be written by this user; choose another folder\.$/);
  expect(code).toBe(1);
});

test('no sentence holds the password', async () => {
  const { said } = await start({ DATABASE_URL: withPassword() + '/x/y@z' });
  expect(said).not.toContain('not-the-one');
});

test('an unknown option is named with the one that was meant', async () => {
  const { code, said } = await start({}, ['--prot', '1']);
  expect(said).toMatch(/unknown option '--prot'\n\(Did you mean --port\?\)/);
  expect(code).toBe(1);
});

test('--help and --version end with 0', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await start({}, ['--version'])).toMatchObject({ code: 0, said: version });
  const help = await start({}, ['--help']);
  expect(help.code).toBe(0);
  for (const option of ['--host', '--port', '--folder', '--log']) expect(help.said).toContain(option);
});
