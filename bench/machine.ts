// Which core a process runs on, and what it costs; from /proc, so on Linux only.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

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

/** The same with its children, those that ended included: PostgreSQL is one process for each connection. */
export const cpuMsOfTree = (pid: number): number => {
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d{1,10}$/.test(entry)) continue;
    const fields = statFieldsOf(Number(entry));
    if (fields === null) continue;
    if (Number(entry) === pid) ticks += sumOf(fields.slice(11, 15));
    else if (Number(fields[1]) === pid) ticks += sumOf(fields.slice(11, 13));
  }
  return (ticks * 1000) / ticksPerSecond;
};

const sumOf = (fields: readonly string[]): number => fields.reduce((sum, field) => sum + Number(field), 0);

/** Those behind the name, from the state on; null when there is no such process any more. */
const statFieldsOf = (pid: number): readonly string[] | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
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

export const residentBytesOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;

export const residentMbOf = (pid: number): number => Math.round(residentBytesOf(pid) / 2 ** 20);
