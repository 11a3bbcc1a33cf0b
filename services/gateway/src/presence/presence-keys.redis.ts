import type { AccountId, Realm } from '@parley/contracts';
import { AccountId as AccountIdSchema } from '@parley/contracts';
import type { LocalChange } from './local-presence.js';
import type { Present } from './presence.js';

// What gateways keep in Redis, for each realm:
//
//   parley:presence:<realm>                     sorted set of gateways; the score is when each was last alive, by Redis's clock
//   parley:presence:<realm>:<gateway>           hash of the visible accounts of a gateway; its time to live is the gateway's lease
//   parley:presence:<realm>:<gateway>:handles   the same in the order of their handles, for lists and to find devices by their handle
//   parley:presence:<realm>:<gateway>:hidden    hash of the invisible accounts of a gateway, with the same time to live
//   parley:presence:<realm>:states              hash of the published states of accounts that are not offline
//   parley:seen:<realm>:<account>               when an account was last connected, for 30 days

export const gatewaysKey = (realm: Realm): string => `parley:presence:${realm}`;
export const statesKey = (realm: Realm): string => `${gatewaysKey(realm)}:states`;
export const seenKey = (realm: Realm, id: AccountId | ''): string => `parley:seen:${realm}:${id}`;

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
    found.push({ id: AccountIdSchema.parse(fields[at]), number, handle, name });
  }
  return found;
};
