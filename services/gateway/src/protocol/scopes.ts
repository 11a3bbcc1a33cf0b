import type {
  AccountPrincipal,
  AccountSummary,
  ChannelSnapshot,
  Realm,
  Scope,
  SystemPrincipal,
} from '@parley/contracts';

export const channelScope = (id: ChannelSnapshot['id']): Scope => ({ kind: 'channel', id });
export const accountScope = (id: AccountPrincipal['accountId']): Scope => ({ kind: 'account', id });

/** An account in the form in which events contain it. */
export const summaryOf = ({ accountId, number, handle, name }: AccountPrincipal): AccountSummary => ({
  id: accountId,
  number,
  handle,
  name,
});

/** The gateway itself, as the caller of a service. */
export const systemOf = (realm: Realm): SystemPrincipal => ({ kind: 'system', realm, service: 'gateway' });
