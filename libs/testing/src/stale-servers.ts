import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataParents } from './data-parent.js';

export const folderPrefix = 'parley-test-';

/** Records this process as the owner of a folder: if it ends without removing the folder, another process does. */
export const own = (folder: string): void => writeFileSync(join(folder, 'owner.pid'), String(process.pid));

/**
 * Ends servers whose test run was killed, and removes their folders. A server is identified by its working folder, so a process that got
 * the same id later is not touched (Linux; elsewhere only the folders are removed).
 */
export const stopStaleServers = (): void => {
  for (const parent of dataParents()) {
    for (const name of readdirSync(parent).filter((one) => one.startsWith(folderPrefix))) sweep(join(parent, name));
  }
};

/** The second belongs to the PostgreSQL that standalone starts, which survives when standalone is killed. */
const pidFiles = ['server.pid', 'parley/postgres/cluster/postmaster.pid'];

const sweep = (folder: string): void => {
  if (process.getuid?.() !== 0 && statSync(folder, { throwIfNoEntry: false })?.uid !== process.getuid?.()) return;
  const owner = pidIn(join(folder, 'owner.pid'));
  if (owner === undefined || isAlive(owner)) return;
  for (const file of pidFiles) {
    const server = pidIn(join(folder, file));
    if (server !== undefined && workingFolder(server)?.startsWith(folder)) process.kill(server, 'SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
};

const pidIn = (file: string): number | undefined => {
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user is alive too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const workingFolder = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
};
