import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** More than an import needs: pages of rows, and the names of accounts. */
const heapBytesMax = 80 * 1024 * 1024;

/**
 * Keeps the heap small: left alone, Node lets garbage of rows that were written grow to gigabytes before it collects it. Returns a function
 * to call after each page.
 */
export const createHeapBound = (): (() => void) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    if (process.memoryUsage().heapUsed > heapBytesMax) collect();
  };
};
