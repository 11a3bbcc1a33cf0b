import type { Source, SourceOptions } from '../../records.js';
import { SourceError } from '../../records.js';
import { createSource } from '../part-reader.js';
import { digestOf } from '../opening.js';
import { devicesOf } from './devices.js';
import { openRedis } from './store.redis.js';
import { subscribersOf, unmatchedOf } from './subscribers.js';
import { topicsOf } from './topics.js';

/** The Redis database of the Swifty server: `redis://host:6379/0`. */
export const openSwifty = async ({ location, pageRowsMax = 500 }: SourceOptions): Promise<Source> => {
  const address = redisAddress(location);
  const store = await openRedis(location);
  try {
    const ids = { clients: await store.clientIds(), topics: await store.members('topics') };
    return createSource({
      name: 'swifty',
      // Nothing in it stays: devices come and go, and have no order.
      fingerprint: digestOf('swifty', address),
      readers: [
        devicesOf(store, ids.clients, pageRowsMax),
        topicsOf(store, ids.topics, pageRowsMax),
        await subscribersOf(store, ids.topics, pageRowsMax),
        await unmatchedOf(store, ids.clients, pageRowsMax),
      ],
      close: () => store[Symbol.asyncDispose](),
    });
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
};

/** Host, port and database, without the password. */
const redisAddress = (location: string): string => {
  if (!/^rediss?:\/\//.test(location) || !URL.canParse(location)) {
    throw new SourceError('Expected the address of a Redis database: redis://host:6379/0');
  }
  const { hostname, port, pathname } = new URL(location);
  return `${hostname}:${port || '6379'}/${pathname.replace(/^\//, '') || '0'}`;
};
