import type { AccountId, PresenceState, Realm } from '@parley/contracts';
import { seenKeptMs } from './local-states.js';
import type { AskGateways, PresenceKeys, SharedRedis } from './presence-keys.redis.js';
import type { AccountState } from './presence.js';

/** Longer than any outage of all gateways; each comparison sets it again. */
const statesKeptMs = 24 * 60 * 60 * 1_000;
/** The field of the last version among the published states. */
const versionField = '@version';

/**
 * Compares accounts (ARGV[2…]) over all gateways with their published states, and publishes what differs, in one step. Answers for each
 * account: state, version, and whether the state changed; then the time. Times are Redis's, in milliseconds, as text, because a number of
 * Lua would be cut. Versions are times, and grow even if that clock is set back.
 */
const settleScript = `
  local ids = {}
  for i = 2, #ARGV do ids[#ids + 1] = ARGV[i] end
  local now = {}
  for g = 1, #gateways do
    for i, value in ipairs(redis.call('hmget', KEYS[3 * g], unpack(ids))) do
      if value and now[i] ~= 'online' then now[i] = string.find(value, ',%d+,1%]$') and 'away' or 'online' end
    end
  end
  local clock = redis.call('time')
  local time = clock[1] * 1000 + math.floor(clock[2] / 1000)
  local last = tonumber(redis.call('hget', KEYS[2], '${versionField}') or '0')
  local known = redis.call('hmget', KEYS[2], unpack(ids))
  local answer, changes = {}, 0
  for i, id in ipairs(ids) do
    local state = now[i] or 'offline'
    local before, version, changed = 'offline', '0', '0'
    if known[i] then before, version = string.match(known[i], '^(%a+) (%d+)$') end
    if state ~= before then
      last, changed, changes = math.max(time, last + 1), '1', changes + 1
      version = string.format('%.0f', last)
      if state == 'offline' then redis.call('hdel', KEYS[2], id)
      else redis.call('hset', KEYS[2], id, state .. ' ' .. version) end
    end
    answer[#answer + 1] = state
    answer[#answer + 1] = version
    answer[#answer + 1] = changed
  end
  if changes > 0 then redis.call('hset', KEYS[2], '${versionField}', string.format('%.0f', last)) end
  redis.call('pexpire', KEYS[2], ${statesKeptMs})
  answer[#answer + 1] = string.format('%.0f', time)
  return answer`;

export interface Settled extends AccountState {
  readonly id: AccountId;
  readonly changed: boolean;
}

/** The published states of accounts, for at most 500 at once. Rejects while Redis does not answer. */
export const createPublishedStates = (redis: SharedRedis, keys: PresenceKeys, askGateways: AskGateways) => {
  const seenAll = async (realm: Realm, ids: readonly AccountId[]): Promise<(number | null)[]> => {
    // In a cluster the accounts have different slots.
    const seen = await Promise.all(ids.map((id) => redis.get(keys.seen(realm, id))));
    return seen.map((one) => (one === null ? null : Number(one)));
  };

  return {
    /** `seenAt`: when those that are gone were last connected, in epoch milliseconds of Redis; 0: now. */
    async settle(realm: Realm, ids: readonly AccountId[], seenAt = 0): Promise<Settled[]> {
      const answer = await askGateways<string[]>(settleScript, realm, ids);
      const lastSeenAt = Math.floor(seenAt) || Number(answer.at(-1));
      const settled = ids.map((id, index): Settled => {
        const [state = '', version, changed] = answer.slice(index * 3, index * 3 + 3);
        const isGone = changed === '1' && state === 'offline';
        return {
          id,
          state: state as PresenceState,
          version: Number(version),
          lastSeenAt: isGone ? lastSeenAt : null,
          changed: changed === '1',
        };
      });
      const gone = settled.filter((one) => one.lastSeenAt !== null);
      // One that is lost leaves the time when the account was last seen unknown.
      void Promise.allSettled(gone.map(({ id }) => redis.set(keys.seen(realm, id), lastSeenAt, 'PX', seenKeptMs)));
      return settled;
    },

    /** `withSeen` false: without when accounts that are offline were last connected. */
    async read(realm: Realm, ids: readonly AccountId[], withSeen: boolean): Promise<Map<AccountId, AccountState>> {
      const known = await redis.hmget(keys.states(realm), ...ids);
      const states = new Map<AccountId, AccountState>();
      ids.forEach((id, index) => {
        const [state, version] = known[index]?.split(' ') ?? [];
        if (state !== undefined)
          states.set(id, { state: state as PresenceState, version: Number(version), lastSeenAt: null });
      });
      const offline = ids.filter((id) => !states.has(id));
      const seen = withSeen ? await seenAll(realm, offline) : [];
      offline.forEach((id, index) => {
        const lastSeenAt = seen[index] ?? null;
        states.set(id, { state: 'offline', version: lastSeenAt ?? 0, lastSeenAt });
      });
      return states;
    },

    /** The accounts that are not offline, some hundred at a time. */
    async *accounts(realm: Realm): AsyncGenerator<AccountId[]> {
      let cursor = '0';
      do {
        const [next, fields] = await redis.hscan(keys.states(realm), cursor, 'COUNT', 300);
        const ids = fields.filter((field, index) => index % 2 === 0 && field !== versionField) as AccountId[];
        for (let at = 0; at < ids.length; at += 500) yield ids.slice(at, at + 500);
        cursor = next;
      } while (cursor !== '0');
    },
  };
};

export type PublishedStates = ReturnType<typeof createPublishedStates>;
