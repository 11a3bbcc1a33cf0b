import type { Realm } from '@parley/contracts';
import type { ChainableCommander, Redis } from 'ioredis';
import type { LocalChange } from './local-presence.js';
import { fieldOf, gatewaysKey, handleOrder } from './presence-keys.redis.js';

const chunkMax = 500;
/** How long one gateway has to publish what dead ones held, before another may. */
const sweepMs = 10_000;

/** Extends the lease of a gateway and notes when it was alive; answers which of its three keys exist. */
const keepScript = `
  local clock = redis.call('time')
  redis.call('zadd', KEYS[1], string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000)), ARGV[1])
  local own = KEYS[1] .. ':' .. ARGV[1]
  return {
    redis.call('pexpire', own, ARGV[2]),
    redis.call('pexpire', own .. ':handles', ARGV[2]),
    redis.call('pexpire', own .. ':hidden', ARGV[2])
  }`;

/**
 * The gateways whose leases have ended, preceded by when the last of them was alive; empty if there are none, or while another gateway
 * sweeps.
 */
const deadScript = `
  local dead, last = {}, 0
  local all = redis.call('zrange', KEYS[1], 0, -1, 'withscores')
  for i = 1, #all, 2 do
    local key = KEYS[1] .. ':' .. all[i]
    if all[i] ~= ARGV[1] and redis.call('exists', key, key .. ':hidden') == 0 then
      dead[#dead + 1] = all[i]
      last = math.max(last, tonumber(all[i + 1]))
    end
  end
  if #dead == 0 or not redis.call('set', KEYS[1] .. ':sweep', '1', 'nx', 'px', ARGV[2]) then return {} end
  table.insert(dead, 1, string.format('%.0f', last))
  return dead`;

const buryScript = `
  for i = 1, #ARGV do
    local key = KEYS[1] .. ':' .. ARGV[i]
    if redis.call('exists', key, key .. ':hidden') == 0 then redis.call('zrem', KEYS[1], ARGV[i]) end
  end
  redis.call('del', KEYS[1] .. ':sweep')`;

/** What one gateway holds in Redis: it is gone `leaseMs` after the last refresh. */
export const createLease = (redis: Redis, gatewayId: string, leaseMs: number) => {
  const ownKey = (realm: Realm): string => `${gatewaysKey(realm)}:${gatewayId}`;
  const keysOf = (realm: Realm): string[] => [ownKey(realm), `${ownKey(realm)}:handles`, `${ownKey(realm)}:hidden`];
  const announced = (realm: Realm) => redis.multi().zadd(gatewaysKey(realm), 'NX', 0, gatewayId);
  const kept = (commands: ChainableCommander, realm: Realm) => {
    for (const key of keysOf(realm)) commands = commands.pexpire(key, leaseMs);
    return commands.exec();
  };

  return {
    write(realm: Realm, change: LocalChange): Promise<unknown> {
      const [own, handles, hidden] = keysOf(realm) as [string, string, string];
      const { who, as } = change;
      const [field, value] = fieldOf(change);
      if (as === null) return redis.multi().hdel(own, field).zrem(handles, handleOrder(who)).hdel(hidden, field).exec();
      const commands =
        as === 'invisible'
          ? announced(realm).hset(hidden, field, value).hdel(own, field).zrem(handles, handleOrder(who))
          : announced(realm).hset(own, field, value).zadd(handles, 0, handleOrder(who)).hdel(hidden, field);
      return kept(commands, realm);
    },
    rewrite(realm: Realm, all: readonly LocalChange[]): Promise<unknown> {
      const [own, handles, hidden] = keysOf(realm) as [string, string, string];
      let commands = announced(realm).del(own, handles, hidden);
      const visible = all.filter(({ as }) => as !== 'invisible');
      for (const some of chunksOf(visible)) {
        commands = commands
          .hset(own, Object.fromEntries(some.map(fieldOf)))
          .zadd(handles, ...some.flatMap(({ who }) => [0, handleOrder(who)]));
      }
      for (const some of chunksOf(all.filter(({ as }) => as === 'invisible')))
        commands = commands.hset(hidden, Object.fromEntries(some.map(fieldOf)));
      return kept(commands, realm);
    },
    /** false: what this gateway holds is not in Redis (any more). */
    async keep(realm: Realm, holds: { readonly visible: boolean; readonly invisible: boolean }): Promise<boolean> {
      const answer = await redis.eval(keepScript, 1, gatewaysKey(realm), gatewayId, leaseMs);
      const [own, handles, hidden] = answer as [number, number, number];
      return (!holds.visible || own + handles === 2) && (!holds.invisible || hidden === 1);
    },
    /** The gateway holds nothing in this realm. */
    leave: (realm: Realm): Promise<unknown> => redis.zrem(gatewaysKey(realm), gatewayId),
    /** Ends the lease; the others notice, and publish who is gone. */
    end: (realm: Realm): Promise<unknown> =>
      redis
        .multi()
        .zadd(gatewaysKey(realm), 'NX', 0, gatewayId)
        .del(...keysOf(realm))
        .exec(),
    /** Gateways whose leases have ended, for this one to publish what they held. `lastAlive`: epoch milliseconds; 0: unknown. */
    async dead(realm: Realm): Promise<{ readonly gateways: readonly string[]; readonly lastAlive: number } | null> {
      const answer = (await redis.eval(deadScript, 1, gatewaysKey(realm), gatewayId, sweepMs)) as string[];
      const [lastAlive, ...gateways] = answer;
      return lastAlive === undefined ? null : { gateways, lastAlive: Number(lastAlive) };
    },
    bury: (realm: Realm, gateways: readonly string[]): Promise<unknown> =>
      redis.eval(buryScript, 1, gatewaysKey(realm), ...gateways),
  };
};

export type Lease = ReturnType<typeof createLease>;

function* chunksOf(all: readonly LocalChange[]): Iterable<readonly LocalChange[]> {
  for (let at = 0; at < all.length; at += chunkMax) yield all.slice(at, at + chunkMax);
}
