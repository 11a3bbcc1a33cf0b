// What was measured, on what: without it a figure says nothing.
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem } from 'node:os';

const versionOfPackage = (name: string): string => {
  const resolved = createRequire(import.meta.url).resolve(name);
  const root = resolved.slice(0, resolved.lastIndexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length);
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { readonly version: string };
  return version;
};

const versionOfProcess = (pid: number): string => {
  const text = execFileSync(readlinkSync(`/proc/${pid}/exe`), ['--version'], { encoding: 'utf8' });
  return /\d{1,4}\.\d{1,4}(?:\.\d{1,4})?/.exec(text.slice(0, 200))?.[0] ?? 'unknown';
};

export const describeMachine = () => ({
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  loadAtStart: loadavg()[0],
});

/** Of the libraries of the peers, and of the servers among the processes. */
export const versionsOf = (processes: ReadonlyMap<string, number>): Readonly<Record<string, string>> => {
  const packages = ['socket.io', '@socket.io/redis-adapter', '@socket.io/redis-streams-adapter', 'ws', 'pg'];
  const servers = ['postgres', 'nats', 'redis'].flatMap((name) => {
    const pid = processes.get(name);
    return pid === undefined ? [] : [[name, versionOfProcess(pid)] as const];
  });
  return Object.fromEntries([...packages.map((name) => [name, versionOfPackage(name)] as const), ...servers]);
};
