import type { TurnEnd } from './turn-end.js';

/**
 * Gathers items by key until the current turn of the event loop has read all that its sockets hold, then hands over all of each key, in
 * order. An item that is alone in its turn is not delayed by a timer.
 */
export const createTurnQueue = <Item>(
  turnEnd: TurnEnd,
  handOver: (key: string, items: readonly Item[]) => void,
): ((key: string, item: Item) => void) => {
  let queued = new Map<string, Item[]>();
  const flush = (): void => {
    const now = queued;
    queued = new Map();
    for (const [key, items] of now) handOver(key, items);
  };
  return (key, item) => {
    const items = queued.get(key);
    if (items) items.push(item);
    else queued.set(key, [item]);
    if (queued.size === 1 && !items) turnEnd.add(flush);
  };
};
