import type { Bus } from '@parley/bus';
import type { AccountId, BusEventNamed, Realm, SessionId } from '@parley/contracts';
import type { EndReason } from './domain/refresh.js';
import type { ChangedPreferences } from './store/preferences.js';

type Publisher = Pick<Bus, 'publish'>;

/** Publishes, after the commit, that sessions of an account have ended, so that the gateways close their connections. */
export const announceEnded = (
  bus: Publisher,
  { realm, accountId }: { readonly realm: Realm; readonly accountId: AccountId },
  sessionIds: readonly SessionId[],
  why: EndReason,
): void => {
  for (const sessionId of sessionIds) {
    const event: BusEventNamed<'session.revoked'> = { name: 'session.revoked', realm, accountId, sessionId, why };
    bus.publish(event, [{ kind: 'account', id: accountId }]);
  }
};

export const announceDeleted = (
  bus: Publisher,
  { realm, accountId }: { readonly realm: Realm; readonly accountId: AccountId },
): void => {
  const event: BusEventNamed<'account.deleted'> = { name: 'account.deleted', realm, accountId };
  bus.publish(event, [{ kind: 'account', id: accountId }]);
};

export const announcePreferences = (
  bus: Publisher,
  { realm, accountId, preferences, version }: ChangedPreferences,
): void => {
  const event: BusEventNamed<'preferences.changed'> = {
    name: 'preferences.changed',
    realm,
    accountId,
    preferences,
    version,
  };
  bus.publish(event, [{ kind: 'account', id: accountId }]);
};
