import { metadataTextBytesMax, Slug } from '@parley/contracts';
import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import { pagesOf } from './devices.js';
import { parseMetadata } from './metadata.js';
import type { SwiftyStore } from './store.redis.js';

interface TopicRow {
  readonly id: string;
  readonly creator: string | null;
  /** A client is registered under the uuid of the creator. */
  readonly known: boolean;
  readonly metadata: string | null;
  readonly metadataBytes: number;
}

/** The ids of `topics`, never those that keys seem to have: an id may contain a colon. */
export const topicsOf = (store: SwiftyStore, ids: readonly string[], pageRowsMax: number): PartReader =>
  partReader<TopicRow>({
    part: 'channels',
    table: 'topic',
    count: ids.length,
    batches: () => readTopics(store, ids, pageRowsMax),
    keyOf: ({ id }) => `topic:${id.slice(0, 200)}`,
    convert: addTopic,
  });

async function* readTopics(
  store: SwiftyStore,
  ids: readonly string[],
  pageRowsMax: number,
): AsyncGenerator<TopicRow[]> {
  for (const page of pagesOf(ids, pageRowsMax)) {
    const keys = page.map((id) => `topic:${id}`);
    const lengths = await store.lengths(keys, 'metadata');
    const creators = await store.fields(keys, ['creator']);
    // What is above the limit is refused, and need not be read.
    const small = keys.map((key, index) => ((lengths[index] ?? 0) <= metadataTextBytesMax ? key : ''));
    const metadata = await store.fields(small, ['metadata']);
    const known = await store.exists(creators.map(([creator]) => `client:${(creator ?? '').toLowerCase()}`));
    yield page.map((id, index) => ({
      id,
      creator: creators[index]?.[0] ?? null,
      known: known[index] === true,
      metadata: metadata[index]?.[0] ?? null,
      metadataBytes: lengths[index] ?? 0,
    }));
  }
}

const addTopic = ({ id, creator, known, metadata, metadataBytes }: TopicRow, { add, note }: RowOutput): void => {
  if (creator === null) return note('left_out', 8, 'Listed in topics, but there is no such topic');
  const slug = Slug.safeParse(id);
  if (!slug.success) return note('refused', 7, 'The id has more than 100 characters or U+0000');
  if (metadataBytes > metadataTextBytesMax) return note('refused', 7, 'The metadata is above the limit');
  const parsed = parseMetadata(metadata, note);
  if (parsed === undefined) return;
  if (!known) note('reported', 8, 'Its creator is not registered: it has none now');
  add({
    type: 'channel',
    sourceId: id,
    number: null,
    kind: 'topic',
    slug: slug.data,
    title: slug.data,
    ...parsed,
    createdBy: known ? creator.toLowerCase() : null,
    createdAt: null,
    pair: null,
  });
};
