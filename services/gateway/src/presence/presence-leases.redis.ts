import type { Realm } from '@parley/contracts';
import type { ChainableCommander } from 'ioredis';
import type { LocalChange } from './local-presence.js';
import { fieldOf, handleOrder } from './presence-keys.redis.js';
import type { AskGateways, PresenceKeys, SharedRedis } from './presence-keys.redis.js';

const chunkMax = 500;
/** How long one gateway has to publish what dead ones held, before another may. */
const sweepMs = 10_000;

/** Extends the lease of a gateway and notes when it was alive; answers which of its three keys exist. */
const keepScript = `
  local clock = redis.call('time')
  redis.call('zadd', KEYS[1], string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000)), ARGV[1])
  local kept = {}
  for i = 2, 4 do kept[#kept + 1] = redis.call('pexpire', KEYS[i], ARGV[2]) end
  return kept`;

/** The gateways, without the one in ARGV[2], whose leases have ended, preceded by when the last of them was alive; empty: there are none. */
const deadScript = `
  local dead, last = {}, 0
  for g = 1, #gateways do
    if gateways[g] ~= ARGV[2] and redis.call('exists', KEYS[3 * g], KEYS[3 * g + 2]) == 0 then
      dead[#dead + 1] = gateways[g]
      last = math.max(last, tonumber(redis.call('zscore', KEYS[1], gateways[g])))
    end
  end
  if #dead > 0 then table.insert(dead, 1, string.format('%.0f', last)) end
  return dead`;

/** Removes the gateways in ARGV[2…] that are still dead. */
const buryScript = `
  local dead = {}
  for i = 2, #ARGV do dead[ARGV[i]] = true end
  for g = 1, #gateways do
    if dead[gateways[g]] and redis.call('exists', KEYS[3 * g], KEYS[3 * g + 2]) == 0 then
      redis.call('zrem', KEYS[1], gateways[g])
    end
  end`;

interface LeaseDeps {
  readonly redis: SharedRedis;
  readonly keys: PresenceKeys;
  readonly askGateways: AskGateways;
  readonly gatewayId: string;
  readonly leaseMs: number;
}

/** What one gateway holds in Redis: it is gone `leaseMs` after the last refresh. */
export const createLease = ({ redis, keys, askGateways, gatewayId, leaseMs }: LeaseDeps) => {
  const keysOf = (realm: Realm): [own: string, handles: string, hidden: string] => [
    keys.held(realm, gatewayId),
    keys.handles(realm, gatewayId),
    keys.hidden(realm, gatewayId),
  ];
  const announced = (realm: Realm) => redis.multi().zadd(keys.gateways(realm), 'NX', 0, gatewayId);
  const kept = (commands: ChainableCommander, realm: Realm) => {
    for (const key of keysOf(realm)) commands = commands.pexpire(key, leaseMs);
    return commands.exec();
  };

  return {
    /** Writes changes in one step; of several changes of an account the last one counts. */
    write(realm: Realm, changes: readonly LocalChange[]): Promise<unknown> {
      const [own, handles, hidden] = keysOf(realm);
      const last = [...new Map(changes.map((change) => [change.who.id, change])).values()];
      let commands = last.some(({ as }) => as !== null) ? announced(realm) : redis.multi();
      for (const some of chunksOf(last)) {
        const visible = some.filter(({ as }) => as !== null && as !== 'invisible');
        const invisible = some.filter(({ as }) => as === 'invisible');
        const unseen = some.filter(({ as }) => as === null || as === 'invisible');
        const revealed = some.filter(({ as }) => as !== 'invisible');
        if (visible.length > 0)
          commands = commands
            .hset(own, Object.fromEntries(visible.map(fieldOf)))
            .zadd(handles, ...visible.flatMap(({ who }) => [0, handleOrder(who)]));
        if (invisible.length > 0) commands = commands.hset(hidden, Object.fromEntries(invisible.map(fieldOf)));
        if (unseen.length > 0)
          commands = commands
            .hdel(own, ...unseen.map(({ who }) => who.id))
            .zrem(handles, ...unseen.map(({ who }) => handleOrder(who)));
        if (revealed.length > 0) commands = commands.hdel(hidden, ...revealed.map(({ who }) => who.id));
      }
      return last.some(({ as }) => as !== null) ? kept(commands, realm) : commands.exec();
    },
    rewrite(realm: Realm, all: readonly LocalChange[]): Promise<unknown> {
      const [own, handles, hidden] = keysOf(realm);
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
      const named = [keys.gateways(realm), ...keysOf(realm)];
      const answer = await redis.eval(keepScript, named.length, ...named, gatewayId, leaseMs);
      const [own, handles, hidden] = answer as [number, number, number];
      return (!holds.visible || own + handles === 2) && (!holds.invisible || hidden === 1);
    },
    /** The gateway holds nothing in this realm. */
    leave: (realm: Realm): Promise<unknown> => redis.zrem(keys.gateways(realm), gatewayId),
    /** Ends the lease; the others notice, and publish who is gone. */
    end: (realm: Realm): Promise<unknown> =>
      announced(realm)
        .del(...keysOf(realm))
        .exec(),
    /**
     * Gateways whose leases have ended, for this one to publish what they held; null: there are none, or another gateway does so.
     * `lastAlive`: epoch milliseconds; 0: unknown.
     */
    async dead(realm: Realm): Promise<{ readonly gateways: readonly string[]; readonly lastAlive: number } | null> {
      const [lastAlive, ...gateways] = await askGateways<string[]>(deadScript, realm, [gatewayId]);
      if (lastAlive === undefined) return null;
      const isFirst = await redis.set(keys.sweep(realm), gatewayId, 'PX', sweepMs, 'NX');
      return isFirst === null ? null : { gateways, lastAlive: Number(lastAlive) };
    },
    async bury(realm: Realm, gateways: readonly string[]): Promise<void> {
      await askGateways(buryScript, realm, gateways);
      await redis.del(keys.sweep(realm));
    },
  };
};

export type Lease = ReturnType<typeof createLease>;

function* chunksOf(all: readonly LocalChange[]): Iterable<readonly LocalChange[]> {
  for (let at = 0; at < all.length; at += chunkMax) yield all.slice(at, at + chunkMax);
}
