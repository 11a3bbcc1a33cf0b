import { Redis } from 'ioredis';
import { SourceError } from '../../records.js';

/** What the source needs of Redis: commands that only read, and that never ask for a whole set at once. */
export interface SwiftyStore extends AsyncDisposable {
  /** The uuids that have a key `client:{uuid}`, sorted. */
  clientIds(): Promise<readonly string[]>;
  /** The members of a set, sorted. */
  members(key: string): Promise<readonly string[]>;
  /** The number of members of each set. */
  sizes(keys: readonly string[]): Promise<readonly number[]>;
  /** Fields of hashes, one row for each key: null for a missing field, and for a key that holds no hash. */
  fields(keys: readonly string[], fields: readonly string[]): Promise<readonly (readonly (string | null)[])[]>;
  /** The bytes of one field of each hash. */
  lengths(keys: readonly string[], field: string): Promise<readonly number[]>;
  exists(keys: readonly string[]): Promise<readonly boolean[]>;
  /** Whether `member` is in each of the sets. */
  isMember(keys: readonly string[], member: string): Promise<readonly boolean[]>;
}

const connectMs = 10_000;
const commandMs = 30_000;
const scanCount = 1_000;
const clientKey = /^client:([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i;

export const openRedis = async (url: string): Promise<SwiftyStore> => {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectMs,
    commandTimeout: commandMs,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  // The command that fails says what happened.
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
    return createStore(redis);
  } catch (error) {
    redis.disconnect();
    throw new SourceError(`Redis cannot be read: ${String(error)}`);
  }
};

const createStore = (redis: Redis): SwiftyStore => ({
  clientIds: async () => {
    const ids = new Set<string>();
    for await (const keys of scan((cursor) => redis.scan(cursor, 'MATCH', 'client:*', 'COUNT', scanCount))) {
      for (const key of keys) {
        const id = clientKey.exec(key)?.[1];
        if (id !== undefined) ids.add(id);
      }
    }
    return [...ids].sort();
  },
  members: async (key) => {
    const found = new Set<string>();
    for await (const members of scan((cursor) => redis.sscan(key, cursor, 'COUNT', scanCount))) {
      for (const member of members) found.add(member);
    }
    return [...found].sort();
  },
  sizes: async (keys) =>
    (
      await pipelined(
        redis,
        keys.map((key) => ['scard', key]),
      )
    ).map((size) => Number(size ?? 0)),
  fields: async (keys, fields) => {
    const rows = await pipelined(
      redis,
      keys.map((key) => ['hmget', key, ...fields]),
    );
    return rows.map((row) => (Array.isArray(row) ? (row as (string | null)[]) : fields.map(() => null)));
  },
  lengths: async (keys, field) =>
    (
      await pipelined(
        redis,
        keys.map((key) => ['hstrlen', key, field]),
      )
    ).map((length) => Number(length ?? 0)),
  exists: async (keys) =>
    (
      await pipelined(
        redis,
        keys.map((key) => ['exists', key]),
      )
    ).map((found) => found === 1),
  isMember: async (keys, member) =>
    (
      await pipelined(
        redis,
        keys.map((key) => ['sismember', key, member]),
      )
    ).map((found) => found === 1),
  [Symbol.asyncDispose]: async () => {
    await redis.quit().catch(() => redis.disconnect());
  },
});

/** Results in order; null for a key that holds something else. Other errors are thrown. */
const pipelined = async (redis: Redis, commands: readonly string[][]): Promise<unknown[]> => {
  if (commands.length === 0) return [];
  const results = (await redis.pipeline(commands.map((command) => [...command])).exec()) ?? [];
  return results.map(([error, result]) => {
    if (error !== null && !error.message.startsWith('WRONGTYPE')) throw error;
    return error === null ? result : null;
  });
};

/** SCAN may repeat what it found before. */
async function* scan(next: (cursor: string) => Promise<[string, string[]]>): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [following, found] = await next(cursor);
    yield found;
    cursor = following;
  } while (cursor !== '0');
}
