import { AccountId } from '@parley/contracts';
import type { Realm } from '@parley/contracts';
import type { Cluster, Redis } from 'ioredis';
import type { LocalChange } from './local-presence.js';
import type { Present } from './presence.js';

/** One server, the master behind Sentinels, or a cluster. */
export type SharedRedis = Redis | Cluster;

/** What gateways keep in Redis, for each realm. */
export interface PresenceKeys {
  /** Sorted set of gateways; the score is when each was last alive, by Redis's clock. */
  gateways(realm: Realm): string;
  /** Hash of the visible accounts of a gateway; its time to live is the gateway's lease. */
  held(realm: Realm, gateway: string): string;
  /** The same accounts in the order of their handles, for lists and to find devices by their handle. */
  handles(realm: Realm, gateway: string): string;
  /** Hash of the invisible accounts of a gateway, with the same time to live. */
  hidden(realm: Realm, gateway: string): string;
  /** Hash of the published states of accounts that are not offline, and of the last version. */
  states(realm: Realm): string;
  /** Held by the gateway that publishes what dead ones held. */
  sweep(realm: Realm): string;
  /** When an account was last connected, in epoch milliseconds. */
  seen(realm: Realm, id: AccountId): string;
}

/**
 * In a cluster all keys of a realm have one slot, which `{…}` decides, except those of single accounts; elsewhere they keep the names of
 * earlier versions.
 */
export const presenceKeys = ({ isCluster }: Pick<SharedRedis, 'isCluster'>): PresenceKeys => {
  const gateways = (realm: Realm): string => (isCluster ? `{parley:presence:${realm}}` : `parley:presence:${realm}`);
  const held = (realm: Realm, gateway: string): string => `${gateways(realm)}:${gateway}`;
  return {
    gateways,
    held,
    handles: (realm, gateway) => `${held(realm, gateway)}:handles`,
    hidden: (realm, gateway) => `${held(realm, gateway)}:hidden`,
    states: (realm) => `${gateways(realm)}:states`,
    sweep: (realm) => `${gateways(realm)}:sweep`,
    seen: (realm, id) => `parley:seen:${realm}:${id}`,
  };
};

/**
 * Runs a script over what the gateways of a realm wrote, in one step. In the script, `gateways` has their names, KEYS[1] is their set,
 * KEYS[2] the published states, and KEYS[3 * i], KEYS[3 * i + 1] and KEYS[3 * i + 2] are `held`, `handles` and `hidden` of the i-th; `args`
 * begin at ARGV[2].
 */
export type AskGateways = <T>(script: string, realm: Realm, args?: readonly string[]) => Promise<T>;

const triesMax = 10;

/** A script names its keys before it runs, so it is given those of the gateways of the last answer and refuses when there are others. */
const guarded = (script: string): string => `
  local gateways = redis.call('zrange', KEYS[1], 0, -1)
  if table.concat(gateways, ' ') ~= ARGV[1] then return { 0, gateways } end
  local answer = (function() ${script} end)()
  return { 1, answer }`;

type Answer<T> = readonly [0, string[]] | readonly [1, T];

export const askGatewaysOf = (redis: SharedRedis, keys: PresenceKeys): AskGateways => {
  const lastKnown = new Map<Realm, readonly string[]>();
  return async <T>(script: string, realm: Realm, args: readonly string[] = []): Promise<T> => {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const known = lastKnown.get(realm) ?? [];
      const named = known.flatMap((gateway) => [
        keys.held(realm, gateway),
        keys.handles(realm, gateway),
        keys.hidden(realm, gateway),
      ]);
      const all = [keys.gateways(realm), keys.states(realm), ...named];
      const given = [...all, known.join(' '), ...args];
      const [isKnown, answer] = (await redis.eval(guarded(script), all.length, ...given)) as Answer<T>;
      if (isKnown === 1) return answer;
      lastKnown.set(realm, answer);
    }
    throw new Error('The gateways of a realm change too fast');
  };
};

/** The sort key of an account: by handle, and of several devices with one handle the oldest first. Numbers have at most ten digits. */
export const handleOrder = ({ id, handle, number }: Present): string =>
  `${handle} ${String(number).padStart(10, '0')} ${id}`;

/** The field and value of an account. The last element, which gateways of the previous version ignore, is there if it is away. */
export const fieldOf = ({ who: { id, handle, name, number }, as }: LocalChange): [string, string] => [
  id,
  JSON.stringify([handle, name, number, ...(as === 'away' ? [1] : [])]),
];

/** From fields and values alternating, as scripts return them. */
export const presentOf = (fields: readonly string[]): Present[] => {
  const found: Present[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [handle, name, number = 0] = JSON.parse(fields[at + 1] ?? '[]') as [string, string, number?];
    found.push({ id: AccountId.parse(fields[at]), number, handle, name });
  }
  return found;
};
