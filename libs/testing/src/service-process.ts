import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceName, serviceCommand } from './service-command.js';
import { killAtExit } from './kill-on-exit.js';
import { freePort } from './free-port.js';

/** A Parley process from the build that can be killed and restarted on the same ports. */
export interface ServiceProcess {
  readonly name: string;
  readonly service: ServiceName;
  readonly healthUrl: string;
  /** Process id of the current run, or of the last one. */
  readonly pid: number;
  /** Resolves when it logs that it is ready. */
  start(): Promise<void>;
  /** Sends a signal; resolves when the process has ended (SIGSTOP and SIGCONT: at once). */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Sends SIGTERM, and SIGKILL after `withinMs` (default 20,000). Resolves with the exit code. */
  stop(withinMs?: number): Promise<number | null>;
  /** Calls `listener` each time the process ends, for any reason. */
  onExit(listener: (code: number | null, signal: NodeJS.Signals | null) => void): void;
}

export interface ServiceOptions {
  readonly service: ServiceName;
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
}

const startWithinMs = 30_000;
const stopWithinMs = 20_000;

/** Does not start the process: call `start`. */
export const serviceProcess = async ({
  service,
  name,
  environment,
  logFile,
}: ServiceOptions): Promise<ServiceProcess> => {
  const healthPort = await freePort();
  const healthUrl = `http://127.0.0.1:${healthPort}`;
  const exits: ((code: number | null, signal: NodeJS.Signals | null) => void)[] = [];
  let child: ChildProcess | undefined;

  const running = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  const killOnExit = (): void => {
    if (running()) child?.kill('SIGKILL');
  };
  const start = async (): Promise<void> => {
    if (running()) return;
    const log = openSync(logFile, 'a');
    const env = { PATH: process.env['PATH'], ...environment, PARLEY_HEALTH_PORT: String(healthPort) };
    child = spawn(process.execPath, serviceCommand(service), { env, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    child.once('exit', (code, signal) => exits.forEach((listener) => listener(code, signal)));
    await once(child, 'spawn');
    for (const until = performance.now() + startWithinMs; !(await isReady(healthUrl)) || !running(); await sleep(50)) {
      if (running() && performance.now() < until) continue;
      throw new Error(`${name} did not start:\n${lastLines(logFile)}`);
    }
  };
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || !running()) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await gone;
  };
  const stop = async (withinMs = stopWithinMs): Promise<number | null> => {
    const force = setTimeout(killOnExit, withinMs);
    await kill('SIGCONT');
    await kill('SIGTERM');
    clearTimeout(force);
    return child?.exitCode ?? null;
  };

  killAtExit(killOnExit);
  return {
    name,
    service,
    healthUrl,
    start,
    kill,
    stop,
    onExit: (listener) => void exits.push(listener),
    get pid() {
      return child?.pid ?? 0;
    },
  };
};

const isReady = async (healthUrl: string): Promise<boolean> =>
  fetch(`${healthUrl}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

const lastLines = (file: string): string => readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');
