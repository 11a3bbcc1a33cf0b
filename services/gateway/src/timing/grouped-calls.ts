import { setTimeout as sleep } from 'node:timers/promises';

/** One answer for all items of a group. */
export interface GroupedCalls<Key, Item, Answer> {
  /** Resolves with the answer for the group in which the item was. */
  add(key: Key, item: Item): Promise<Answer>;
  /** Resolves when everything that was added for the key has been answered or has failed. */
  idle(key: Key): Promise<void>;
  /** The same for all keys. */
  allIdle(): Promise<void>;
}

export interface GroupedCallsOptions {
  /** A call for a key begins at the earliest so long after the previous one, so that a crowd makes larger groups. Default: 0. */
  readonly everyMs?: number;
}

interface Group<Item, Answer> {
  readonly items: Item[];
  readonly answer: Promise<Answer>;
}

/**
 * Makes one call at a time for each key: items of one turn of the event loop share it, and those that come while it is under way share the
 * next. A crowd then costs few calls, and an item that is alone waits for no timer. A call begins after its items were added.
 */
export const groupedCalls = <Key, Item, Answer>(
  call: (key: Key, items: readonly Item[]) => Promise<Answer>,
  { everyMs = 0 }: GroupedCallsOptions = {},
): GroupedCalls<Key, Item, Answer> => {
  const gathering = new Map<Key, Group<Item, Answer>>();
  /** Settled with the call; never rejects. */
  const underWay = new Map<Key, Promise<void>>();
  /** When calls began, by monotonic milliseconds; with `everyMs` only. */
  const begunAt = new Map<Key, number>();
  const spaced = async (key: Key): Promise<void> => {
    const leftMs = (begunAt.get(key) ?? -Infinity) + everyMs - performance.now();
    if (leftMs > 0) await sleep(leftMs);
    begunAt.set(key, performance.now());
  };

  const start = async (key: Key, items: readonly Item[]): Promise<Answer> => {
    await (underWay.get(key) ?? new Promise(setImmediate));
    if (everyMs > 0) await spaced(key);
    gathering.delete(key);
    const answer = call(key, items);
    const ended = answer.then(ignore, ignore);
    underWay.set(key, ended);
    try {
      return await answer;
    } finally {
      if (underWay.get(key) === ended) underWay.delete(key);
    }
  };

  const idle = async (key: Key): Promise<void> => {
    await (gathering.get(key)?.answer.then(ignore, ignore) ?? underWay.get(key));
  };

  return {
    add(key, item) {
      const group = gathering.get(key);
      if (group) {
        group.items.push(item);
        return group.answer;
      }
      const items = [item];
      const answer = start(key, items);
      gathering.set(key, { items, answer });
      return answer;
    },
    idle,
    allIdle: async () => void (await Promise.all([...gathering.keys(), ...underWay.keys()].map(idle))),
  };
};

const ignore = (): void => {};
