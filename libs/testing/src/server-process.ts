import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataParent } from './data-parent.js';
import { freePort } from './free-port.js';
import { killAtExit } from './kill-on-exit.js';
import { folderPrefix, own, stopStaleServers } from './stale-servers.js';

/** A real server on a loopback port. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Process id of the current run, or of the last one. */
  readonly pid: number;
  /** Sends a signal; unless it only stops or continues the process, resolves when the process has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again after a kill, with the same port and data; resolves when it accepts connections. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface ServerKind {
  readonly name: string;
  readonly binary: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly stopSignal: NodeJS.Signals;
  /** The OS user to run as, which also owns the folder. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Whether its data is on a disk. Default: in memory where the system has room. */
  readonly durable?: boolean;
  url(port: number): string;
  arguments(folder: string, port: number): string[];
  /** Runs once, before the first start. */
  prepare?(folder: string): Promise<void>;
  /** Rejects while the server does not respond. */
  probe(port: number): Promise<void>;
}

const startWithinMs = 20_000;
const stopWithinMs = 10_000;

export const runServer = async (kind: ServerKind): Promise<RunningServer> => {
  stopStaleServers();
  const folder = makeFolder(kind);
  await kind.prepare?.(folder);
  const port = kind.port ?? (await freePort());
  let child: ChildProcess | undefined;

  const launch = async (): Promise<void> => {
    const log = openSync(join(folder, 'server.log'), 'a');
    const options = {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log] as ['ignore', number, number],
      ...kind.user,
    };
    child = spawn(kind.binary, kind.arguments(folder, port), options);
    closeSync(log);
    await once(child, 'spawn');
    writeFileSync(join(folder, 'server.pid'), String(child.pid));
    // Does not keep the test run alive.
    child.unref();
  };
  const killOnExit = (): void => {
    if (child !== undefined && isRunning(child)) child.kill('SIGKILL');
  };
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || !isRunning(child)) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await gone;
  };
  const start = async (): Promise<void> => {
    if (child !== undefined && isRunning(child)) return;
    const until = performance.now() + startWithinMs;
    await launch();
    while (!(await answers(kind, port))) {
      if (performance.now() > until) throw new Error(`${kind.name} did not start:\n${lastLines(folder)}`);
      // After SIGKILL the children of PostgreSQL hold its shared memory for a moment, and a new server refuses to start until they have
      // ended.
      if (child === undefined || !isRunning(child)) await sleep(100).then(launch);
      await sleep(20);
    }
  };
  const stop = async (): Promise<void> => {
    forget();
    const force = setTimeout(killOnExit, stopWithinMs);
    // A stopped process handles no other signal.
    await kill('SIGCONT');
    await kill(kind.stopSignal);
    clearTimeout(force);
    rmSync(folder, { recursive: true, force: true });
  };

  const forget = killAtExit(killOnExit);
  await start();
  return {
    url: kind.url(port),
    port,
    kill,
    start,
    stop,
    get pid() {
      return child?.pid ?? 0;
    },
  };
};

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

const answers = async (kind: ServerKind, port: number): Promise<boolean> =>
  kind.probe(port).then(
    () => true,
    () => false,
  );

const lastLines = (folder: string): string =>
  readFileSync(join(folder, 'server.log'), 'utf8').split('\n').slice(-10).join('\n');

/** In a folder that another OS user can enter, which a home folder or root's private temp folder may not be. */
const makeFolder = ({ name, user, durable = false }: ServerKind): string => {
  const folder = mkdtempSync(join(dataParent({ durable, shared: user !== undefined }), `${folderPrefix}${name}-`));
  chmodSync(folder, 0o755);
  own(folder);
  mkdirSync(join(folder, 'data'), { mode: 0o700 });
  if (user !== undefined) for (const path of [folder, join(folder, 'data')]) chownSync(path, user.uid, user.gid);
  return folder;
};
