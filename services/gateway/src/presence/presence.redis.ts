import { randomUUID } from 'node:crypto';
import { AccountId } from '@parley/contracts';
import type { Realm } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { SharedRedis } from './presence-keys.redis.js';
import { groupedCalls } from '../timing/grouped-calls.js';
import { LocalPresence } from './local-presence.js';
import type { LocalChange } from './local-presence.js';
import { askGatewaysOf, handleOrder, presenceKeys } from './presence-keys.redis.js';
import { createLease } from './presence-leases.redis.js';
import { firstSlices, pagesInRedis } from './presence-pages.redis.js';
import { createSettlement } from './presence-settlement.redis.js';
import { createPublishedStates } from './presence-states.redis.js';
import { localOrder } from './presence.js';
import type { Presence } from './presence.js';

export interface LeaseTimes {
  /** What a gateway wrote expires after this time without a refresh. */
  readonly leaseMs: number;
  readonly refreshMs: number;
}

const leaseDefault: LeaseTimes = { leaseMs: 15_000, refreshMs: 3_000 };
const chunkMax = 500;
/** Between two writes of a realm, so that a crowd that comes takes few. */
const writeEveryMs = 10;

const orderKey = 'parley:connections:order';

/** Which of the accounts in ARGV[3…] any gateway holds; ARGV[2] is 1: invisible ones as well. */
const onlineScript = `
  local here = {}
  local function read(key)
    for i, who in ipairs(redis.call('hmget', key, unpack(ARGV, 3))) do if who then here[i] = 1 end end
  end
  for g = 1, #gateways do
    read(KEYS[3 * g])
    if ARGV[2] == '1' then read(KEYS[3 * g + 2]) end
  end
  local answer = {}
  for i = 1, #ARGV - 2 do answer[i] = here[i] or 0 end
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
    local first = redis.call('zrangebylex', KEYS[3 * g + 1], '[' .. ARGV[2] .. ' ', '(' .. ARGV[2] .. '!', 'limit', 0, 1)[1]
    if first and (not oldest or first < oldest) then oldest = first end
  end
  return oldest`;

/**
 * Presence shared by all gateways. A gateway writes only transitions; one refresh for all that it holds keeps its lease. After a failed
 * write, the next refresh writes everything that the gateway holds in the realm.
 */
export const presenceInRedis = (redis: SharedRedis, log: Log, times: Partial<LeaseTimes> = {}): Presence => {
  const { leaseMs, refreshMs } = { ...leaseDefault, ...times };
  const local = new LocalPresence();
  const dirty = new Set<Realm>();
  const keys = presenceKeys(redis);
  const askGateways = askGatewaysOf(redis, keys);
  const lease = createLease({ redis, keys, askGateways, gatewayId: randomUUID(), leaseMs });

  const attempt = async (realm: Realm, write: () => Promise<unknown>): Promise<void> => {
    try {
      await write();
    } catch {
      // The Redis connection logs the error, once.
      dirty.add(realm);
    }
  };
  // Many accounts that come at once share a write.
  const writes = groupedCalls(
    (realm: Realm, changes: readonly LocalChange[]) => attempt(realm, () => lease.write(realm, changes)),
    { everyMs: writeEveryMs },
  );
  const write = (realm: Realm, change: LocalChange | null): Promise<void> =>
    change ? writes.add(realm, change) : Promise.resolve();
  const rewrite = async (realm: Realm): Promise<void> => {
    dirty.delete(realm);
    await lease.rewrite(realm, local.list(realm));
    settlement.rewritten(realm);
  };
  const refreshOne = (realm: Realm): Promise<void> =>
    attempt(realm, async () => {
      const isKnown = !dirty.has(realm) && (await lease.keep(realm, local.holds(realm)));
      if (!isKnown) await rewrite(realm);
    });
  const refresh = async (): Promise<void> => {
    if (redis.status !== 'ready') return;
    for (const realm of new Set([...local.held(), ...dirty])) {
      await refreshOne(realm);
      if (!dirty.has(realm)) await attempt(realm, () => settlement.sweep(realm));
    }
    await settlement.retry();
  };
  /** Whether Redis has what this gateway holds in the realm; failed writes are repeated first. */
  const isWritten = async (realm: Realm): Promise<boolean> => {
    if (redis.status !== 'ready') return false;
    await writes.idle(realm);
    if (dirty.has(realm)) await refreshOne(realm);
    return !dirty.has(realm);
  };

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
  const ownTime = (): number => performance.timeOrigin + performance.now() + aheadMs;
  const settlement = createSettlement({
    published: createPublishedStates(redis, keys, askGateways),
    ...{ log, local, lease, isWritten, asked, refreshMs, now: ownTime },
  });
  const timer = setInterval(() => void refresh(), refreshMs).unref();
  const onReady = (): void => {
    settlement.reconnected();
    void refresh();
  };
  redis.on('ready', onReady);

  const others = async (realm: Realm, here: Set<AccountId>, ids: readonly AccountId[], invisible: boolean) => {
    const elsewhere = ids.filter((id) => !here.has(id));
    for (let at = 0; at < elsewhere.length; at += chunkMax) {
      const chunk = elsewhere.slice(at, at + chunkMax);
      const given = [invisible ? '1' : '0', ...chunk];
      const answer = await asked(() => askGateways<number[]>(onlineScript, realm, given), []);
      chunk.forEach((id, index) => void (answer[index] === 1 && here.add(id)));
    }
    return here;
  };

  return {
    async nextOrder() {
      const own = performance.timeOrigin + performance.now();
      const given = await asked(() => redis.eval(orderScript, 1, orderKey) as Promise<number>, null);
      // While Redis does not answer, this process continues its time with its own monotonic clock.
      if (given !== null) aheadMs = given - own;
      return given ?? order(ownTime());
    },
    enter: (realm, who, { invisible } = {}) => write(realm, local.enter(realm, who, invisible)),
    leave: (realm, id, { away } = {}) => write(realm, local.leave(realm, id, away)),
    setAway: (realm, id, away) => write(realm, local.setAway(realm, id, away)),
    setInvisible: (realm, id, invisible) => write(realm, local.setInvisible(realm, id, invisible)),
    standing: (realm, id) => local.standing(realm, id),
    connected: (realm, ids) => others(realm, local.connected(realm, ids), ids, true),
    online: (realm, ids) => others(realm, local.online(realm, ids), ids, false),
    settle: (realm, ids) => settlement.settle(realm, ids),
    states: (realm, ids) => settlement.states(realm, ids),
    receive: (transition) => settlement.receive(transition),
    onTransition: (listener) => settlement.onTransition(listener),
    onHealed: (listener) => settlement.onHealed(listener),
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
      const first = (await isWritten(realm)) ? await asked(() => firstSlices(askGateways, realm), null) : null;
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
      settlement.stop();
      await writes.allIdle();
      for (const realm of new Set([...local.held(), ...settlement.pending()]))
        await attempt(realm, () => lease.end(realm));
    },
  };
};
