import { Fault } from '@parley/contracts';
import type { Redis } from 'ioredis';
import { presencePage } from './local-presence.js';
import { handleOrder, presentOf } from './presence-keys.redis.js';
import type { Present } from './presence.js';

/**
 * The next accounts of each gateway in the order of their handles, after the sort key in ARGV[1]: how many keys were read, the last of
 * them, and ids and values alternating. A gateway of the previous version has no sorted set and writes no numbers; the script sorts its
 * hash.
 */
const pageScript = `
  local size = tonumber(ARGV[2])
  local slices = {}
  for _, gateway in ipairs(redis.call('zrange', KEYS[1], 0, -1)) do
    local key = KEYS[1] .. ':' .. gateway
    local places
    if redis.call('exists', key .. ':handles') == 1 then
      places = redis.call('zrangebylex', key .. ':handles', ARGV[1], '+', 'limit', 0, size)
    else
      local held = redis.call('hgetall', key)
      local all = {}
      for i = 1, #held, 2 do all[#all + 1] = cjson.decode(held[i + 1])[1] .. ' 0000000000 ' .. held[i] end
      table.sort(all)
      places = {}
      for _, place in ipairs(all) do
        if #places < size and (ARGV[1] == '-' or '(' .. place > ARGV[1]) then places[#places + 1] = place end
      end
    end
    local found = {}
    if #places > 0 then
      local ids = {}
      for i, place in ipairs(places) do ids[i] = string.sub(place, -36) end
      local values = redis.call('hmget', key, unpack(ids))
      for i, id in ipairs(ids) do
        if values[i] then
          found[#found + 1] = id
          found[#found + 1] = values[i]
        end
      end
    end
    slices[#slices + 1] = { #places, places[#places] or '', found }
  end
  return slices`;

type Slice = readonly [count: number, last: string, found: readonly string[]];

const readSlices = (redis: Redis, key: string, after: string): Promise<Slice[]> =>
  redis.eval(pageScript, 1, key, after, presencePage) as Promise<Slice[]>;

/** The beginning of the list, from each gateway. */
export type FirstSlices = Slice[];
export const firstSlices = (redis: Redis, key: string): Promise<FirstSlices> => readSlices(redis, key, '-');

/**
 * All accounts that the gateways wrote, in the order of handles; of several devices with one handle, only the oldest. Each part of the
 * order is read from all gateways in one step, so an account that changes gateways meanwhile is neither missed nor repeated. Rejects
 * with `unavailable` when Redis stops answering midway.
 */
export async function* pagesInRedis(redis: Redis, key: string, first: FirstSlices): AsyncGenerator<Present[]> {
  let handle: string | null = null;
  for (let slices = first; ;) {
    const end = endOf(slices);
    const page = new Map(slices.flatMap(([, , found]) => presentOf(found)).map((who) => [handleOrder(who), who]));
    const places = [...page.keys()].filter((place) => end === null || place <= end).sort();
    yield places.flatMap((place) => {
      const who = page.get(place);
      if (!who || who.handle === handle) return [];
      handle = who.handle;
      return who;
    });
    if (end === null) return;
    try {
      slices = await readSlices(redis, key, `(${end}`);
    } catch (error) {
      throw new Fault('unavailable', 'presence_unknown', 'Who is connected cannot be read right now', { cause: error });
    }
  }
}

/** The sort key up to which every gateway was read; null: to the end. */
const endOf = (slices: readonly Slice[]): string | null =>
  slices
    .filter(([count]) => count >= presencePage)
    .map(([, last]) => last)
    .sort()[0] ?? null;
