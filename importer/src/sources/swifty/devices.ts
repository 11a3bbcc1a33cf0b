import { DisplayName } from '@parley/contracts';
import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import type { SwiftyStore } from './store.redis.js';

interface DeviceRow {
  readonly id: string;
  /** Another key has the same uuid in other letters. */
  readonly repeated: boolean;
  readonly name: string | null;
}

/** Registered clients. Their tokens are not moved: the first registration after the import gets the account. */
export const devicesOf = (store: SwiftyStore, ids: readonly string[], pageRowsMax: number): PartReader =>
  partReader<DeviceRow>({
    part: 'accounts',
    table: 'client',
    count: ids.length,
    batches: () => readDevices(store, ids, pageRowsMax),
    keyOf: ({ id }) => `client:${id}`,
    convert: addDevice,
  });

async function* readDevices(
  store: SwiftyStore,
  ids: readonly string[],
  pageRowsMax: number,
): AsyncGenerator<DeviceRow[]> {
  for (const page of pagesOf(ids, pageRowsMax)) {
    const keys = page.map((id) => `client:${id}`);
    const names = await store.fields(keys, ['name']);
    const lower = await store.exists(page.map((id) => `client:${id.toLowerCase()}`));
    yield page.map((id, index) => ({
      id,
      repeated: id !== id.toLowerCase() && lower[index] === true,
      name: names[index]?.[0] ?? null,
    }));
  }
}

export function* pagesOf<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

const addDevice = ({ id, repeated, name }: DeviceRow, { add, note }: RowOutput): void => {
  if (repeated) return note('refused', 8, 'Another client has the same uuid in small letters');
  const shown = DisplayName.safeParse(name);
  if (!shown.success) note('mended', 7, 'The name cannot be shown: it is the uuid now');
  const handle = id.toLowerCase();
  add({
    type: 'account',
    sourceId: handle,
    number: null,
    kind: 'device',
    username: null,
    email: null,
    handle,
    name: shown.success ? shown.data : null,
    firstName: null,
    lastName: null,
    publicKey: null,
    credential: null,
    createdAt: null,
    sessions: [],
  });
};
