// What processes use, from /proc: Linux only.
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** Resident memory of a process, in MB; 0 when it has ended. */
export const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readProc(`${pid}/status`))?.[1] ?? 0) / 1024;

/** User and system time of a process with all its threads, in milliseconds. */
export const cpuMs = (pid: number): number => {
  const [user, system] = statOf(pid).slice(11, 13).map(Number);
  return (((user ?? NaN) + (system ?? NaN)) * 1000) / ticksPerSecond;
};

/** Number of open file descriptors of a process. */
export const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Proportional memory of a process and its descendants, in MB. */
export const treeMemory = (pid: number): { megabytes: number; processes: number } => {
  const parents = processIds().flatMap((each) => {
    const parent = Number(statOf(each)[1] ?? NaN);
    return Number.isNaN(parent) ? [] : { pid: each, parent };
  });
  const tree = new Set([pid]);
  for (let size = 0; size < tree.size;) {
    size = tree.size;
    for (const each of parents) if (tree.has(each.parent)) tree.add(each.pid);
  }
  let kilobytes = 0;
  for (const each of tree) kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readProc(`${each}/smaps_rollup`))?.[1] ?? 0);
  return { megabytes: kilobytes / 1024, processes: tree.size };
};

/** Processes whose command line has this text. */
export const processesWith = (text: string): number[] =>
  processIds().filter((pid) => readProc(`${pid}/cmdline`).includes(text));

/** The highest value of `measure` while `work` ran, with what it was before. */
export const highest = async <T>(
  measure: () => number,
  work: () => Promise<T>,
  everyMs = 20,
): Promise<{ value: T; before: number; most: number }> => {
  const before = measure();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, measure())), everyMs);
  const value = await work().finally(() => clearInterval(timer));
  return { value, before, most: Math.max(most, measure()) };
};

const processIds = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The fields of /proc/<pid>/stat behind the name of the program; the first is the state. */
const statOf = (pid: number): string[] => {
  const stat = readProc(`${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

const readProc = (file: string): string => {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    return '';
  }
};
