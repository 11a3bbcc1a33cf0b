import { useEffect, useState } from 'preact/hooks';
import { snapshots } from './snapshots.js';

const writeAfterMs = 500;
/** Items of one list that are kept. */
const itemsMax = 120;

/** Without functions and errors, which IndexedDB does not store. */
const plain = (items: readonly unknown[]): unknown => JSON.parse(JSON.stringify(items.slice(-itemsMax)));

/**
 * `items` while there are any; else, while `isMissing`, those that this device kept under `key`. Keeps the items that it gets. The kept ones
 * are of the type that was written, because one build reads what it wrote: the key has a version.
 */
export const useSnapshot = <T>(key: string, items: readonly T[], isMissing: boolean): readonly T[] => {
  const [kept, setKept] = useState<{ readonly key: string; readonly items: readonly T[] } | null>(null);
  const place = `1:${key}`;
  useEffect(() => {
    if (!isMissing) return;
    let isCurrent = true;
    void snapshots.read(place).then((value) => {
      if (isCurrent && Array.isArray(value)) setKept({ key: place, items: value as T[] });
    });
    return () => {
      isCurrent = false;
    };
  }, [place, isMissing]);
  useEffect(() => {
    if (items.length === 0) return;
    const write = (): void => {
      clearTimeout(timer);
      removeEventListener('pagehide', write);
      void snapshots.write(place, plain(items));
    };
    const timer = setTimeout(write, writeAfterMs);
    addEventListener('pagehide', write);
    return () => {
      clearTimeout(timer);
      removeEventListener('pagehide', write);
    };
  }, [place, items]);
  return items.length === 0 && isMissing && kept?.key === place ? kept.items : items;
};
