import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Linux keeps what is here in memory. */
const memory = '/dev/shm';
/** A run of all tests takes up to half a gigabyte of it; containers have 64 MB by default. */
const bytesNeeded = 2 * 1024 ** 3;

const hasRoom = (): boolean => {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return process.platform === 'linux' && bavail * bsize >= bytesNeeded;
  } catch {
    return false;
  }
};

/** Where folders of servers may be, also of runs that were killed: what they left may be why there is no room. */
export const dataParents = (): readonly string[] => [...new Set([tmpdir(), '/tmp', memory])].filter(existsSync);

/**
 * Where a server's folder goes: in memory what need not survive the machine, where there is room. `shared` is for a server that runs as another
 * user, whom root's private folder for temporary files keeps out.
 */
export const dataParent = (of: { readonly durable: boolean; readonly shared: boolean }): string => {
  if (!of.durable && hasRoom()) return memory;
  return of.shared ? '/tmp' : tmpdir();
};
