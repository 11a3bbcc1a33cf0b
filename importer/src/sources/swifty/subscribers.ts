import { partReader, type PartReader } from '../part-reader.js';
import { pagesOf } from './devices.js';
import type { SwiftyStore } from './store.redis.js';

interface SubscriberRow {
  readonly topic: string;
  readonly uuid: string;
  readonly known: boolean;
  readonly isCreator: boolean;
}

interface UnmatchedRow {
  readonly topic: string;
  readonly uuid: string;
  readonly matched: boolean;
}

const subscribersKey = (topic: string): string => `topic:${topic}:subscribers`;
const keyOf = ({ topic, uuid }: { topic: string; uuid: string }): string => `${uuid} in topic:${topic.slice(0, 200)}`;

/** Who receives the messages of a topic. */
export const subscribersOf = async (
  store: SwiftyStore,
  topics: readonly string[],
  pageRowsMax: number,
): Promise<PartReader> =>
  partReader<SubscriberRow>({
    part: 'members',
    table: 'topic:subscribers',
    count: await totalOf(store, topics.map(subscribersKey), pageRowsMax),
    batches: () => readSubscribers(store, topics, pageRowsMax),
    keyOf,
    convert: ({ topic, uuid, known, isCreator }, { add, note }) => {
      if (!known) return note('left_out', 8, 'Orphaned: there is no such client or topic');
      const account = uuid.toLowerCase();
      add({ type: 'member', channel: topic, account, role: isCreator ? 'owner' : 'member', joinedAt: null });
    },
  });

async function* readSubscribers(
  store: SwiftyStore,
  topics: readonly string[],
  pageRowsMax: number,
): AsyncGenerator<SubscriberRow[]> {
  for (const topic of topics) {
    const [creator] = (await store.fields([`topic:${topic}`], ['creator']))[0] ?? [];
    for (const page of pagesOf(await store.members(subscribersKey(topic)), pageRowsMax)) {
      const found = await store.exists(page.map((uuid) => `client:${uuid.toLowerCase()}`));
      yield page.map((uuid, index) => ({
        topic,
        uuid,
        known: found[index] === true && typeof creator === 'string',
        isCreator: creator?.toLowerCase() === uuid.toLowerCase(),
      }));
    }
  }
}

/** Topics that a client's own list has and whose subscribers do not include it: the old server sent it nothing of them. */
export const unmatchedOf = async (
  store: SwiftyStore,
  clients: readonly string[],
  pageRowsMax: number,
): Promise<PartReader> =>
  partReader<UnmatchedRow>({
    part: 'members',
    table: 'client:topics',
    count: await totalOf(
      store,
      clients.map((uuid) => `client:${uuid}:topics`),
      pageRowsMax,
    ),
    batches: () => readOwnLists(store, clients, pageRowsMax),
    keyOf,
    convert: ({ matched }, { note }) => {
      if (!matched) note('left_out', 9, "Only the client's own list has this topic: the old server sent it nothing");
    },
  });

async function* readOwnLists(
  store: SwiftyStore,
  clients: readonly string[],
  pageRowsMax: number,
): AsyncGenerator<UnmatchedRow[]> {
  for (const uuid of clients) {
    for (const page of pagesOf(await store.members(`client:${uuid}:topics`), pageRowsMax)) {
      const found = await store.isMember(page.map(subscribersKey), uuid);
      yield page.map((topic, index) => ({ topic, uuid, matched: found[index] === true }));
    }
  }
}

const totalOf = async (store: SwiftyStore, keys: readonly string[], pageRowsMax: number): Promise<number> => {
  let total = 0;
  for (const page of pagesOf(keys, pageRowsMax)) {
    for (const size of await store.sizes(page)) total += size;
  }
  return total;
};
