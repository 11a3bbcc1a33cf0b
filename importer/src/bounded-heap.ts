import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Garbage of several pages. */
const growthBytesMax = 60 * 1024 * 1024;

/**
 * Keeps the heap small: left alone, Node lets garbage of rows that were written grow to gigabytes before it collects it. Returns a function
 * to call after each page, which collects when the heap has grown by 60 MB since the last time, whatever else the process holds.
 */
export const createHeapBound = (): (() => void) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heapUsed = (): number => process.memoryUsage().heapUsed;
  let kept = heapUsed();
  return () => {
    if (heapUsed() < kept + growthBytesMax) return;
    collect();
    kept = heapUsed();
  };
};
