import type { Auth, Handlers } from '@parley/contracts';
import { requireSystem } from '../callers.js';
import type { AuthDeps } from '../deps.js';

const pageMax = 2_000;
/** A change is dated before it is committed, and replicas' clocks differ: with this overlap some are listed twice, but none is missed. */
const overlapMs = 20_000;

/** A caller that passes `asOf` as the next `since` misses none. After a full page `asOf` is where the next page begins. */
export const listPreferenceChanges =
  ({ preferences, clock }: Pick<AuthDeps, 'preferences' | 'clock'>): Handlers<Auth>['account']['preferenceChanges'] =>
  async ({ since }, context) => {
    requireSystem(context);
    const now = clock();
    const changed = await preferences.changedSince(new Date(since), pageMax);
    const last = changed.length === pageMax ? changed.at(-1)?.changedAt.getTime() : undefined;
    // Moves on by 1 ms when one moment fills a whole page, which would otherwise be returned for ever.
    const asOf = last === undefined ? now - overlapMs : Math.max(last, Date.parse(since) + 1);
    return {
      changes: changed.map(({ changedAt: _changedAt, ...change }) => change),
      asOf: new Date(asOf).toISOString(),
    };
  };
