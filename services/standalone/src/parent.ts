import { readFileSync } from 'node:fs';

const intervalMs = 500;

const shells = /^(?:sh|dash|ash|bash|busybox)\n$/;

/** False when the shell replaced itself by this process: then the parent is npm, and npm's own parent may end without effect. */
const isShell = (pid: number): boolean => {
  try {
    return shells.test(readFileSync(`/proc/${pid}/comm`, 'utf8'));
  } catch {
    // Not Linux, or the process ended: unknown in both cases.
    return false;
  }
};

/** The parent of a process on Linux; 0 when the process has ended or on another system. */
const parentOf = (pid: number): number => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // Not Linux, or the process ended: unknown in both cases.
    return 0;
  }
};

/**
 * Calls `gone` once when the npm that started this process has ended: npm forwards signals, but cannot forward SIGKILL. Does
 * nothing when npm did not start it.
 */
export const watchNpm = (environment: NodeJS.ProcessEnv, gone: () => void): void => {
  if (environment['npm_lifecycle_event'] === undefined) return;
  // npm runs a script through a shell, which is either replaced by this process or stays between the two.
  const parent = process.ppid;
  const grandparent = isShell(parent) ? parentOf(parent) : null;
  const timer = setInterval(() => {
    if (process.ppid === parent && (grandparent === null || parentOf(parent) === grandparent)) return;
    clearInterval(timer);
    gone();
  }, intervalMs);
  timer.unref();
};
