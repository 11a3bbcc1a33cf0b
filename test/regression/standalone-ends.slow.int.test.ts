// However `npm start` ends, it leaves no process behind, and the next start on its folder works: also with umask 077.
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '@parley/testing';
import { afterAll, expect, test } from 'vitest';

const repository = new URL('../..', import.meta.url).pathname;
const base = mkdtempSync(join(tmpdir(), 'parley-test-ends-'));
const folder = join(base, 'data');
const alive = new Set<number>();
afterAll(() => {
  for (const pid of alive) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  if (cluster !== '' && !cluster.startsWith(base)) rmSync(dirname(cluster), { recursive: true, force: true });
  rmSync(base, { recursive: true, force: true });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // Whoever started it may be gone, and nobody may have asked for its end.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // It is gone.
    return false;
  }
};

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
const below = (pid: number): number[] => childrenOf(pid).flatMap((child) => [child, ...below(child)]);

/** Where the cluster is: as root it may be outside of the folder, where PostgreSQL's user may go. */
let cluster = '';
const pidFile = (): string => join(cluster, 'postmaster.pid');

interface Started {
  readonly npm: ChildProcess;
  readonly npmPid: number;
  readonly node: number;
  readonly all: readonly number[];
  readonly ended: Promise<number | null>;
}

const start = async (): Promise<Started> => {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PARLEY_|HOST$|PORT$|.*_URL$|npm_)/.test(name));
  const npm = spawn('/bin/sh', ['-c', 'umask 077; exec npm start -- --port 0 --log json'], {
    cwd: repository,
    env: { ...Object.fromEntries(inherited), PARLEY_FOLDER: folder },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const npmPid = npm.pid ?? 0;
  let said = '';
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const ended = new Promise<number | null>((done) => npm.once('exit', done));
  await eventually(() => said.includes('Parley is ready') || npm.exitCode !== null, { withinMs: 60_000 });
  if (npm.exitCode !== null) throw new Error(`It did not start: ${said}`);
  const started = below(npmPid);
  const node =
    started.find((pid) => commandOf(pid).includes('standalone/dist/src/main.js') && !commandOf(pid).startsWith('sh')) ??
    0;
  const postgres = started.find((pid) => commandOf(pid).includes('/postgres -D')) ?? 0;
  expect(node).toBeGreaterThan(0);
  expect(postgres).toBeGreaterThan(0);
  cluster = / -D (\S+)/.exec(commandOf(postgres))?.[1] ?? '';
  const all = [npmPid, ...started];
  for (const pid of all) alive.add(pid);
  return { npm, npmPid, node, all, ended };
};

const endings: readonly [string, (started: Started) => void][] = [
  ['SIGTERM to npm', ({ npmPid }) => process.kill(npmPid, 'SIGTERM')],
  ['SIGHUP to the whole group, as of a closed terminal', ({ npmPid }) => process.kill(-npmPid, 'SIGHUP')],
  ['SIGINT to the whole group, as of Ctrl-C', ({ npmPid }) => process.kill(-npmPid, 'SIGINT')],
  ['SIGKILL of the server', ({ node }) => process.kill(node, 'SIGKILL')],
  ['SIGKILL of npm', ({ npmPid }) => process.kill(npmPid, 'SIGKILL')],
];

test.skipIf(process.platform !== 'linux').each(endings)(
  '%s leaves no process behind',
  async (_what, end) => {
    const started = await start();
    end(started);
    await eventually(() => started.all.filter(isAlive).length === 0, { withinMs: 30_000 });
    expect(started.all.filter(isAlive)).toEqual([]);
  },
  120_000,
);

test.skipIf(process.platform !== 'linux')(
  'a postmaster.pid whose process id belongs to another process does not stop a start, and that process stays',
  async () => {
    const first = await start();
    const text = readFileSync(pidFile(), 'utf8');
    process.kill(first.node, 'SIGTERM');
    await eventually(() => first.all.filter(isAlive).length === 0, { withinMs: 30_000 });
    // Named like the server itself, as after a restart of the machine.
    const { uid, gid } = statSync(cluster);
    const other = spawn('sleep', ['600'], { argv0: 'postgres', stdio: 'ignore', uid, gid });
    const otherPid = other.pid ?? 0;
    alive.add(otherPid);
    writeFileSync(pidFile(), text.replace(/^\d+/, String(otherPid)), { mode: 0o600 });
    chownSync(pidFile(), uid, gid);
    const second = await start();
    expect(isAlive(otherPid)).toBe(true);
    process.kill(second.npmPid, 'SIGTERM');
    await eventually(() => second.all.filter(isAlive).length === 0, { withinMs: 30_000 });
    other.kill('SIGKILL');
  },
  120_000,
);
