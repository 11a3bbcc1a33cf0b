import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, readlink, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@parley/runtime';
import type { Binaries } from './binaries.js';
import type { ServerUser } from './server-user.js';

const stopWithinMs = 10_000;

const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

// In its own process group: Ctrl-C signals only this process, which stops PostgreSQL after everything that uses it.
export const spawnServer = async (
  binaries: Binaries,
  data: string,
  port: number,
  user: ServerUser,
  logFile: string,
) => {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=60',
    'shared_buffers=32MB',
    'log_min_messages=warning',
    'log_checkpoints=off',
  ];
  const output = await open(logFile, 'a', 0o600);
  const child = spawn(
    binaries.postgres,
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...user, env: environment, cwd: '/', detached: true, stdio: ['ignore', output.fd, output.fd] },
  );
  await new Promise<void>((done, fail) => child.once('spawn', done).once('error', fail));
  await output.close();
  child.unref();
  if (child.pid === undefined) throw new Error('PostgreSQL did not start');
  return child.pid;
};

/** Ends PostgreSQL when this process ends, even by SIGKILL: the guard's read returns when our end of the pipe closes. */
export const guardServer = (pid: number, user: ServerUser, log: Log): ChildProcess | null => {
  if (process.platform === 'win32') return null;
  const guard = spawn('/bin/sh', ['-c', `read -r _; kill -INT ${pid} 2>/dev/null`], {
    ...user,
    env: environment,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', (err) => log.warn({ err }, 'PostgreSQL would outlive this process if it were killed'));
  guard.unref();
  (guard.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return guard;
};

/** The pid in the first line of postmaster.pid, if that process still is the server of this data folder. */
export const runningServer = async (data: string): Promise<number | null> => {
  const file = join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number(text.split('\n', 1)[0]);
  if (!(pid > 0 && isAlive(pid))) return null;
  if (await servesFolder(pid, data)) return pid;
  // PostgreSQL refuses to start while that process lives, unless it is PostgreSQL's own parent. The other lines stay: PostgreSQL uses
  // them to find what an earlier server may have left behind.
  await writeFile(file, text.replace(/^\d+/, String(process.pid)));
  return null;
};

/** The system may have reused the pid, even for the PostgreSQL of another folder: a server's working directory is its data folder. */
const servesFolder = async (pid: number, data: string): Promise<boolean> => {
  if (process.platform !== 'linux') return true;
  const [cwd, own] = await Promise.all([
    readlink(`/proc/${pid}/cwd`).catch(() => ''),
    realpath(data).catch(() => data),
  ]);
  return cwd === own;
};

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Fast shutdown; if that takes too long, an immediate one (recovered at the next start). */
export const stopServer = async (pid: number): Promise<void> => {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    for (const until = performance.now() + stopWithinMs; isAlive(pid) && performance.now() < until;) await sleep(20);
  }
};

/** Runs a program of PostgreSQL to its end. */
export const run = (command: string, args: string[], user: ServerUser): Promise<void> =>
  new Promise((done, fail) => {
    let output = '';
    const child = spawn(command, args, { ...user, env: environment, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (data: Buffer) => (output = (output + data.toString()).slice(-2000)));
    child.on('error', fail);
    child.on('close', (code) =>
      code === 0 ? done() : fail(new Error(`${command} failed (${code}): ${output.trim()}`)),
    );
  });
