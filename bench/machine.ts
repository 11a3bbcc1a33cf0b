// Which core a process runs on, and what it costs; from /proc, so on Linux only.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** All threads of a process onto one core; what it starts later inherits it. */
export const pin = (pid: number, core: number): void => {
  execFileSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'ignore' });
};

/**
 * The scheduler prefers this process to what else the machine does, where we may ask for it (root). Linux shares a core
 * between sessions first (autogroup) and between processes of a session then, so the session is asked for too.
 */
export const prefer = (pid: number): void => {
  execFileSync('renice', ['-n', '-10', '-p', String(pid)], { stdio: 'ignore' });
  writeFileSync(`/proc/${pid}/autogroup`, '-10');
};

/** User and system time of a process with all its threads, in milliseconds. */
export const cpuMsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
};

/** How long a core was busy since the machine started, in milliseconds. */
export const busyMsOf = (core: number): number => {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`There is no core ${core}`);
  // The fourth and the fifth are idle and iowait.
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const busy = ticks.reduce((sum, each, at) => (at === 3 || at === 4 ? sum : sum + each), 0);
  return (busy * 1000) / ticksPerSecond;
};

export const residentMbOf = (pid: number): number => {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return Math.round((pages * 4096) / 2 ** 20);
};
