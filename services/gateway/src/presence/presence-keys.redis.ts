import type { Realm } from '@parley/contracts';
import type { Cluster, Redis } from 'ioredis';

// Every gateway of a realm has one hash, whose time to live is its lease, and the same accounts in the order of their handles (`…:handles`,
// see handleOrder), for lists and to find devices by their handle. The sorted set names the gateways, all with the same score; a gateway
// whose hash is gone is removed from it.

export interface PresenceKeys {
  /** The set of gateways of a realm. */
  gateways(realm: Realm): string;
  /** What a gateway holds in a realm. */
  held(realm: Realm, gateway: string): string;
  handles(realm: Realm, gateway: string): string;
}

/** In a cluster all keys of a realm have one slot, which `{…}` decides; elsewhere they keep the names of earlier versions. */
export const presenceKeys = ({ isCluster }: Pick<Redis, 'isCluster'>): PresenceKeys => {
  const gateways = (realm: Realm): string => (isCluster ? `{parley:presence:${realm}}` : `parley:presence:${realm}`);
  const held = (realm: Realm, gateway: string): string => `${gateways(realm)}:${gateway}`;
  return { gateways, held, handles: (realm, gateway) => `${held(realm, gateway)}:handles` };
};

/**
 * Runs a script over what the gateways of a realm wrote, in one step. In the script, `gateways` has their names, KEYS[1] is their set,
 * KEYS[2 * i] the hash and KEYS[2 * i + 1] the handles of the i-th; `args` begin at ARGV[2].
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

export const askGatewaysOf = (redis: Redis | Cluster, keys: PresenceKeys): AskGateways => {
  const lastKnown = new Map<Realm, readonly string[]>();
  return async <T>(script: string, realm: Realm, args: readonly string[] = []): Promise<T> => {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const known = lastKnown.get(realm) ?? [];
      const named = known.flatMap((gateway) => [keys.held(realm, gateway), keys.handles(realm, gateway)]);
      const all = [keys.gateways(realm), ...named];
      const given = [...all, known.join(' '), ...args];
      const [isKnown, answer] = (await redis.eval(guarded(script), all.length, ...given)) as Answer<T>;
      if (isKnown === 1) return answer;
      lastKnown.set(realm, answer);
    }
    throw new Error('The gateways of a realm change too fast');
  };
};
