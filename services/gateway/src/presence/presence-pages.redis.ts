import { Fault } from '@parley/contracts';
import type { Realm } from '@parley/contracts';
import { presencePage } from './local-presence.js';
import { handleOrder, presentOf } from './presence-keys.redis.js';
import type { AskGateways } from './presence-keys.redis.js';
import type { Present } from './presence.js';

/**
 * The next accounts of each gateway in the order of their handles, after the sort key in ARGV[2]: how many keys were read, the last of
 * them, and ids and values alternating. A gateway of the previous version has no sorted set and writes no numbers; the script sorts its
 * hash.
 */
const pageScript = `
  local size = tonumber(ARGV[3])
  local slices = {}
  for g = 1, #gateways do
    local key, handles = KEYS[3 * g], KEYS[3 * g + 1]
    local places
    if redis.call('exists', handles) == 1 then
      places = redis.call('zrangebylex', handles, ARGV[2], '+', 'limit', 0, size)
    else
      local held = redis.call('hgetall', key)
      local all = {}
      for i = 1, #held, 2 do all[#all + 1] = cjson.decode(held[i + 1])[1] .. ' 0000000000 ' .. held[i] end
      table.sort(all)
      places = {}
      for _, place in ipairs(all) do
        if #places < size and (ARGV[2] == '-' or '(' .. place > ARGV[2]) then places[#places + 1] = place end
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

const readSlices = (ask: AskGateways, realm: Realm, after: string): Promise<Slice[]> =>
  ask<Slice[]>(pageScript, realm, [after, String(presencePage)]);

/** The beginning of the list, from each gateway. */
export type FirstSlices = Slice[];
export const firstSlices = (ask: AskGateways, realm: Realm): Promise<FirstSlices> => readSlices(ask, realm, '-');

/**
 * All accounts that the gateways wrote, in the order of handles; of several devices with one handle, only the oldest. Each part of the
 * order is read from all gateways in one step, so an account that changes gateways meanwhile is neither missed nor repeated. Rejects
 * with `unavailable` when Redis stops answering midway.
 */
export async function* pagesInRedis(ask: AskGateways, realm: Realm, first: FirstSlices): AsyncGenerator<Present[]> {
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
      slices = await readSlices(ask, realm, `(${end}`);
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
