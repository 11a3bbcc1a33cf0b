import type { Bus, Listening } from '@parley/bus';
import { PreferencesChanged, deadlineIn, everyScopeOf, isFault, preferencesDefault } from '@parley/contracts';
import type { AccountId, AccountPrincipal, BusEventNamed, Preferences, Principal } from '@parley/contracts';
import { type Log, atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';
import type { Core } from '../core.js';

export interface AccountPreferences {
  /** As the account's token has them, unless they changed since it was issued. */
  of(principal: AccountPrincipal): Preferences;
  onChanged(listener: (event: Changed) => void): void;
}

export type OwnedAccountPreferences = AccountPreferences & { stop(): void };

type Changed = BusEventNamed<'preferences.changed'>;

const pullMs = 30_000;
/** Events and replies may overtake each other, so each pull overlaps the previous one. */
const overlapMs = 60_000;
/** Longer than the lifetime of any access token: a token that was issued since then has the new preferences. */
const keptMs = 7 * 24 * 3_600_000;
const keptMax = 200_000;
const pullDeadlineMs = 2_000;
/** Shorter pages are the last ones. */
const pageMin = 2_000;

/** Preferences as tokens have them. */
export const preferencesOfTokens: AccountPreferences = {
  of: ({ preferences }) => preferences ?? preferencesDefault,
  onChanged: () => undefined,
};

/**
 * Preferences of accounts without a call for each of their connections: tokens carry them, changes arrive as events at once, and are
 * pulled, because an event can be lost.
 */
export const createAccountPreferences = async (deps: {
  readonly bus: Bus;
  readonly core: Pick<Core, 'auth'>;
  readonly caller: Principal;
  readonly log: Log;
  /** Auth's wall-clock time, which dates changes. */
  readonly clock: () => number;
}): Promise<OwnedAccountPreferences> => {
  const { bus, core, caller, log, clock } = deps;
  const changed = new LRUCache<AccountId, { preferences: Preferences; version: number }>({
    ...atMost(keptMax),
    ttl: keptMs,
  });
  const listeners = new Set<(event: Changed) => void>();
  let since: number | null = null;
  let pulling: Promise<void> | null = null;

  const learn = ({
    accountId,
    preferences,
    version,
  }: Pick<Changed, 'accountId' | 'preferences' | 'version'>): boolean => {
    if ((changed.get(accountId)?.version ?? -1) >= version) return false;
    changed.set(accountId, { preferences, version });
    return true;
  };
  const onEvent = (event: Changed): void => {
    if (learn(event)) for (const listener of listeners) listener(event);
  };
  const pullPages = async (): Promise<void> => {
    for (;;) {
      const from = Math.max(since ?? 0, clock() - keptMs);
      const options = { principal: caller, deadline: deadlineIn(pullDeadlineMs) };
      const page = await core.auth.account.preferenceChanges({ since: new Date(from).toISOString() }, options);
      for (const { realm, ...change } of page.changes) onEvent({ name: 'preferences.changed', realm, ...change });
      const asOf = Date.parse(page.asOf);
      const isFull = page.changes.length >= pageMin && asOf > from;
      since = isFull ? asOf : asOf - overlapMs;
      if (!isFull) return;
    }
  };
  const pull = (): Promise<void> => {
    pulling ??= pullPages()
      .catch((error: unknown) => {
        log.warn({ reason: isFault(error) ? error.reason : 'bad_answer' }, 'Preferences could not be asked for');
      })
      .finally(() => void (pulling = null));
    return pulling;
  };

  const listening: Listening = await bus.listen(
    everyScopeOf('preferences.changed', 'account'),
    PreferencesChanged,
    onEvent,
  );
  const stopWatching = bus.onConnectionChange((connected) => void (connected && pull()));
  const timer = setInterval(() => void pull(), pullMs * (0.8 + Math.random() * 0.4)).unref();
  void pull();

  return {
    of: (principal) => changed.get(principal.accountId)?.preferences ?? preferencesOfTokens.of(principal),
    onChanged: (listener) => void listeners.add(listener),
    stop() {
      clearInterval(timer);
      stopWatching();
      listening.stop();
    },
  };
};
