// What was seen, for when there is no network. It is a copy of what the SDK's observables showed, and is shown only until they have something.

const databaseName = 'parley-app';
const storeName = 'snapshots';
/** Channels that are kept; the one that was seen the longest time ago goes first. */
const snapshotsMax = 60;

interface Row {
  readonly key: string;
  readonly savedAt: number;
  readonly value: unknown;
}

let opening: Promise<IDBDatabase> | null = null;

const openDatabase = (): Promise<IDBDatabase> => {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(storeName, { keyPath: 'key' }).createIndex('savedAt', 'savedAt');
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB cannot be opened'));
  });
  return opening;
};

const run = async <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
  const transaction = (await openDatabase()).transaction(storeName, mode);
  const request = work(transaction.objectStore(storeName));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was aborted'));
  });
};

const removeOldest = async (): Promise<void> => {
  const excess = (await run('readonly', (store) => store.count())) - snapshotsMax;
  if (excess <= 0) return;
  const oldest = await run('readonly', (store) => store.index('savedAt').getAllKeys(null, excess));
  for (const key of oldest) await run('readwrite', (store) => store.delete(key));
};

/** A browser may refuse IndexedDB (private windows): then nothing is kept. */
export const snapshots = {
  async read(key: string): Promise<unknown> {
    try {
      const row = (await run('readonly', (store) => store.get(key))) as Row | undefined;
      return row?.value ?? null;
    } catch {
      return null;
    }
  },
  async write(key: string, value: unknown): Promise<void> {
    try {
      const row: Row = { key, savedAt: Date.now(), value };
      await run('readwrite', (store) => store.put(row));
      await removeOldest();
    } catch {
      // Full or refused.
    }
  },
  async clear(): Promise<void> {
    try {
      await run('readwrite', (store) => store.clear());
    } catch {
      // Nothing was kept.
    }
  },
};
