import { type Auth, Fault, type Handlers } from '@parley/contracts';
import { announcePreferences } from '../announce.js';
import { requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';

/** Repeating it publishes again: the caller may repeat it because the event was lost. */
export const setPreferences =
  (deps: Pick<AuthDeps, 'sessions' | 'preferences' | 'bus' | 'clock'>): Handlers<Auth>['account']['setPreferences'] =>
  async (given, context) => {
    const { principal } = await requireLive(deps, context);
    const changed = await deps.preferences.set(principal, given, new Date(deps.clock()));
    if (!changed) throw new Fault('unauthenticated', 'account_gone', 'This account was deleted');
    announcePreferences(deps.bus, changed);
    return changed.preferences;
  };
