import { randomUUID } from 'node:crypto';
import { AccountId } from '@parley/contracts';
import type { Realm } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { ChainableCommander, Cluster, Redis } from 'ioredis';
import { askGatewaysOf, presenceKeys } from './presence-keys.redis.js';
import { firstSlices, pagesInRedis, handleOrder } from './presence-pages.redis.js';
import { LocalPresence, localOrder } from './presence.js';
import type { Presence, Present } from './presence.js';

export interface LeaseTimes {
  /** What a gateway wrote expires after this time without a refresh. */
  readonly leaseMs: number;
  readonly refreshMs: number;
}

const leaseDefault: LeaseTimes = { leaseMs: 15_000, refreshMs: 5_000 };
const chunkMax = 500;

const orderKey = 'parley:connections:order';

const onlineScript = `
  local here = {}
  for g = 1, #gateways do
    local found = redis.call('hmget', KEYS[2 * g], unpack(ARGV, 2))
    for i, who in ipairs(found) do if who then here[i] = 1 end end
  end
  local answer = {}
  for i = 1, #ARGV - 1 do answer[i] = here[i] or 0 end
  return answer`;

/** The time of Redis, or the last number plus one if its clock was set back. */
const orderScript = `
  local time = redis.call('time')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local last = tonumber(redis.call('get', KEYS[1]) or '0')
  local order = math.max(now, last + 1)
  redis.call('set', KEYS[1], string.format('%.0f', order))
  return order`;

const behindScript = `
  local oldest = false
  for g = 1, #gateways do
    local first = redis.call('zrangebylex', KEYS[2 * g + 1], '[' .. ARGV[2] .. ' ', '(' .. ARGV[2] .. '!', 'limit', 0, 1)[1]
    if first and (not oldest or first < oldest) then oldest = first end
  end
  return oldest`;

const sweepScript = `
  for g = 1, #gateways do
    if redis.call('exists', KEYS[2 * g]) == 0 then redis.call('zrem', KEYS[1], gateways[g]) end
  end`;

/**
 * Presence shared by all gateways. A gateway writes only transitions; one refresh for all that it holds keeps its lease. After a failed
 * write, the next refresh writes everything that the gateway holds in the realm.
 */
export const presenceInRedis = (redis: Redis | Cluster, log: Log, times: Partial<LeaseTimes> = {}): Presence => {
  const { leaseMs, refreshMs } = { ...leaseDefault, ...times };
  const gatewayId = randomUUID();
  const local = new LocalPresence();
  const dirty = new Set<Realm>();
  const keys = presenceKeys(redis);
  const askGateways = askGatewaysOf(redis, keys);
  const ownKey = (realm: Realm): string => keys.held(realm, gatewayId);
  const ownHandles = (realm: Realm): string => keys.handles(realm, gatewayId);

  const attempt = async (realm: Realm, write: () => Promise<unknown>): Promise<void> => {
    try {
      await write();
    } catch {
      // The Redis connection logs the error, once.
      dirty.add(realm);
    }
  };
  const announced = (realm: Realm) => redis.multi().zadd(keys.gateways(realm), 0, gatewayId);

  const kept = (commands: ChainableCommander, realm: Realm) =>
    commands.pexpire(ownKey(realm), leaseMs).pexpire(ownHandles(realm), leaseMs);

  const rewrite = (realm: Realm): Promise<unknown> => {
    const all = local.list(realm);
    let commands = announced(realm).del(ownKey(realm), ownHandles(realm));
    for (let at = 0; at < all.length; at += chunkMax) {
      const some = all.slice(at, at + chunkMax);
      commands = commands
        .hset(ownKey(realm), Object.fromEntries(some.map(fieldOf)))
        .zadd(ownHandles(realm), ...some.flatMap((who) => [0, handleOrder(who)]));
    }
    dirty.delete(realm);
    return kept(commands, realm).exec();
  };

  /** false: what this gateway holds is not in Redis (any more). */
  const keepLease = async (realm: Realm): Promise<boolean> => {
    const answers = await kept(redis.multi(), realm).exec();
    return answers?.every(([error, reset]) => error === null && reset === 1) ?? false;
  };

  const refresh = async (): Promise<void> => {
    if (redis.status !== 'ready') return;
    for (const realm of new Set([...local.held(), ...dirty])) {
      await attempt(realm, async () => {
        const isKnown = !dirty.has(realm) && (await keepLease(realm));
        if (isKnown) await redis.zadd(keys.gateways(realm), 0, gatewayId);
        else await rewrite(realm);
        await askGateways(sweepScript, realm);
      });
    }
  };
  const timer = setInterval(() => void refresh(), refreshMs).unref();
  const onReady = (): void => void refresh();
  redis.on('ready', onReady);

  /** The answer of Redis, or `without` if it does not answer. */
  const asked = async <T>(question: () => Promise<T>, without: T): Promise<T> => {
    if (redis.status !== 'ready') return without;
    try {
      return await question();
    } catch (error) {
      log.debug({ err: error }, 'Presence is answered from what this gateway holds');
      return without;
    }
  };

  const order = localOrder();
  let aheadMs = 0;

  return {
    async nextOrder() {
      const own = performance.timeOrigin + performance.now();
      const given = await asked(() => redis.eval(orderScript, 1, orderKey) as Promise<number>, null);
      // While Redis does not answer, this process continues its time with its own monotonic clock.
      if (given !== null) aheadMs = given - own;
      return given ?? order(own + aheadMs);
    },
    async enter(realm, who) {
      if (!local.enter(realm, who)) return;
      const write = () =>
        kept(
          announced(realm)
            .hset(ownKey(realm), ...fieldOf(who))
            .zadd(ownHandles(realm), 0, handleOrder(who)),
          realm,
        ).exec();
      await attempt(realm, write);
    },
    async leave(realm, id) {
      const who = local.leave(realm, id);
      if (!who) return;
      await attempt(realm, () =>
        redis.multi().hdel(ownKey(realm), id).zrem(ownHandles(realm), handleOrder(who)).exec(),
      );
    },
    async online(realm, ids) {
      const here = local.online(realm, ids);
      const others = ids.filter((id) => !here.has(id));
      for (let at = 0; at < others.length; at += chunkMax) {
        const chunk = others.slice(at, at + chunkMax);
        const question = () => askGateways<number[]>(onlineScript, realm, chunk);
        const answer = await asked(question, []);
        chunk.forEach((id, index) => void (answer[index] === 1 && here.add(id)));
      }
      return here;
    },
    async oldestWithHandle(realm, handle) {
      const question = () => askGateways<string | null>(behindScript, realm, [handle]);
      const [own] = local.behind(realm, handle);
      const found = [own && handleOrder(own), await asked(question, null)]
        .filter((one) => typeof one === 'string')
        .sort();
      return found[0] === undefined ? null : AccountId.parse(found[0].split(' ')[2]);
    },
    async *pages(realm) {
      // Failed writes are repeated first, so that the list is complete.
      if (dirty.has(realm)) await refresh();
      const first = dirty.has(realm) ? null : await asked(() => firstSlices(askGateways, realm), null);
      if (first === null) {
        yield* local.pages(realm);
        return;
      }
      for await (const page of pagesInRedis(askGateways, realm, first)) {
        yield page.map((who) => ({ ...who, name: local.nameOf(realm, who.id) ?? who.name }));
      }
    },
    held: () => local.size,
    async stop() {
      clearInterval(timer);
      redis.off('ready', onReady);
      for (const realm of local.held()) await attempt(realm, () => redis.del(ownKey(realm), ownHandles(realm)));
    },
  };
};

const fieldOf = ({ id, handle, name, number }: Present): [string, string] => [
  id,
  JSON.stringify([handle, name, number]),
];
