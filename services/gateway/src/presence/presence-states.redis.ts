import type { AccountId, PresenceState, Realm } from '@parley/contracts';
import type { Redis } from 'ioredis';
import { seenKeptMs } from './local-states.js';
import type { AccountState } from './presence.js';
import { gatewaysKey, seenKey, statesKey } from './presence-keys.redis.js';

/** Longer than any outage of all gateways; each refresh of a lease sets it again. */
export const statesKeptMs = 24 * 60 * 60 * 1_000;

/**
 * Compares accounts (ARGV[4…]) over all gateways with their published states, and publishes what differs, in one step. ARGV[3]: when
 * accounts that are gone were last connected, 0 for now. Answers for each account: state, version, when it was last connected, and
 * whether the state changed. Times are Redis's, in milliseconds; they are text, because a number of Lua would be cut.
 */
const settleScript = `
  local ids = {}
  for i = 4, #ARGV do ids[#ids + 1] = ARGV[i] end
  local now = {}
  for _, gateway in ipairs(redis.call('zrange', KEYS[1], 0, -1)) do
    for i, value in ipairs(redis.call('hmget', KEYS[1] .. ':' .. gateway, unpack(ids))) do
      if value and now[i] ~= 'online' then now[i] = string.find(value, ',%d+,1%]$') and 'away' or 'online' end
    end
  end
  local clock = redis.call('time')
  local time = clock[1] * 1000 + math.floor(clock[2] / 1000)
  local known = redis.call('hmget', KEYS[2], unpack(ids))
  local answer = {}
  for i, id in ipairs(ids) do
    local state = now[i] or 'offline'
    local before, version = 'offline', 0
    if known[i] then before, version = string.match(known[i], '^(%a+) (%d+)$') end
    version = tonumber(version)
    local seen, changed = '', '0'
    if state ~= before then
      changed = '1'
      if version == 0 then version = tonumber(redis.call('get', ARGV[1] .. id) or '0') end
      version = math.max(time, version + 1)
      if state == 'offline' then
        seen = ARGV[3] == '0' and string.format('%.0f', time) or ARGV[3]
        redis.call('hdel', KEYS[2], id)
        redis.call('set', ARGV[1] .. id, seen, 'px', ARGV[2])
      else
        redis.call('hset', KEYS[2], id, state .. ' ' .. string.format('%.0f', version))
      end
    end
    answer[#answer + 1] = state
    answer[#answer + 1] = string.format('%.0f', version)
    answer[#answer + 1] = seen
    answer[#answer + 1] = changed
  end
  redis.call('pexpire', KEYS[2], ${statesKeptMs})
  return answer`;

export interface Settled extends AccountState {
  readonly id: AccountId;
  readonly changed: boolean;
}

/** At most 500 accounts. `seenAt`: when those that are gone were last connected, in epoch milliseconds of Redis; 0: now. */
export const settleInRedis = async (
  redis: Redis,
  realm: Realm,
  ids: readonly AccountId[],
  seenAt = 0,
): Promise<Settled[]> => {
  const keys = [gatewaysKey(realm), statesKey(realm)];
  const given = [seenKey(realm, ''), seenKeptMs, Math.floor(seenAt), ...ids];
  const answer = (await redis.eval(settleScript, keys.length, ...keys, ...given)) as string[];
  return ids.map((id, index) => {
    const [state = '', version, seen, changed] = answer.slice(index * 4, index * 4 + 4);
    return {
      id,
      state: state as PresenceState,
      version: Number(version),
      lastSeenAt: seen ? Number(seen) : null,
      changed: changed === '1',
    };
  });
};

/** The published states of at most 500 accounts. */
export const statesInRedis = async (
  redis: Redis,
  realm: Realm,
  ids: readonly AccountId[],
): Promise<Map<AccountId, AccountState>> => {
  const known = await redis.hmget(statesKey(realm), ...ids);
  const states = new Map<AccountId, AccountState>();
  ids.forEach((id, index) => {
    const [state, version] = known[index]?.split(' ') ?? [];
    if (state !== undefined)
      states.set(id, { state: state as PresenceState, version: Number(version), lastSeenAt: null });
  });
  const offline = ids.filter((id) => !states.has(id));
  if (offline.length === 0) return states;
  const seen = await redis.mget(...offline.map((id) => seenKey(realm, id)));
  offline.forEach((id, index) => {
    const lastSeenAt = seen[index] ? Number(seen[index]) : null;
    states.set(id, { state: 'offline', version: lastSeenAt ?? 0, lastSeenAt });
  });
  return states;
};

/** The accounts that are not offline, according to what was published, some hundred at a time. */
export async function* publishedInRedis(redis: Redis, realm: Realm): AsyncGenerator<AccountId[]> {
  let cursor = '0';
  do {
    const [next, fields] = await redis.hscan(statesKey(realm), cursor, 'COUNT', 300);
    const ids = fields.filter((_field, index) => index % 2 === 0) as AccountId[];
    for (let at = 0; at < ids.length; at += 500) yield ids.slice(at, at + 500);
    cursor = next;
  } while (cursor !== '0');
}
