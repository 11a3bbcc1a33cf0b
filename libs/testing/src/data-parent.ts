import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Linux keeps what is here in memory. */
const memory = '/dev/shm';
/** A run of all tests writes half of it; containers have 64 MB by default. */
const bytesNeeded = 2 * 1024 ** 3;

const hasRoom = (): boolean => {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return process.platform === 'linux' && bavail * bsize >= bytesNeeded;
  } catch {
    return false;
  }
};

/** The folders for temporary files, root's private one and everybody's. */
const temporaryFolders = (): readonly string[] => [...new Set([tmpdir(), '/tmp'])];

/** Where the data of servers may be: in memory only what need not survive the machine. */
export const dataParents = (): readonly string[] => [...temporaryFolders(), ...(hasRoom() ? [memory] : [])];

/** Where a server's folder goes. `shared` is for a server that runs as another user. */
export const dataParent = (of: { readonly durable: boolean; readonly shared: boolean }): string => {
  if (!of.durable && hasRoom()) return memory;
  return of.shared ? '/tmp' : tmpdir();
};
