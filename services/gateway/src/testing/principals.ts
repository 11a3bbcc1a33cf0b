import { randomUUID } from 'node:crypto';
import { Fault } from '@parley/contracts';
import type { AccountId, AccountPrincipal, SessionId } from '@parley/contracts';
import type { Principals } from '../authentication/principal.js';

export const principalOf = (
  name: string,
  accountId = randomUUID() as AccountId,
  sessionId = randomUUID() as SessionId,
): AccountPrincipal => ({
  kind: 'account',
  realm: 'main',
  dialect: 'v1',
  accountId,
  number: 1,
  handle: accountId,
  name,
  sessionId,
});

/** Tokens of accounts, verified without auth. */
export const stubPrincipals = () => {
  const known = new Map<string, { principal: AccountPrincipal; expiresAt: number }>();
  const listeners = new Set<Parameters<Principals['onRevoked']>[0]>();
  const state = { delayMs: 0 };
  let held = Promise.resolve();
  /** A token of this account, and further ones of the same session. */
  const admit = (principal: AccountPrincipal, livesMs = 3_600_000) => {
    const token = `${principal.name}-${randomUUID()}`;
    known.set(token, { principal, expiresAt: Date.now() + livesMs });
    const renewed = (ms: number): string => {
      const next = `${token}-${randomUUID()}`;
      known.set(next, { principal, expiresAt: Date.now() + ms });
      return next;
    };
    return { id: principal.accountId, sessionId: principal.sessionId, token, principal, renewed };
  };
  return {
    state,
    now: () => Date.now(),
    /** Nothing is verified until the returned function is called. */
    hold: () => {
      let release = (): void => {};
      held = new Promise((resolve) => (release = resolve));
      return release;
    },
    authenticate: async (credentials: Parameters<Principals['authenticate']>[0]) => {
      await held;
      if (state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state.delayMs));
      const proof = credentials.kind === 'token' ? known.get(credentials.token) : undefined;
      if (!proof) throw new Fault('unauthenticated', 'invalid_token', 'The access token is not valid');
      return proof;
    },
    onRevoked: (listener: Parameters<Principals['onRevoked']>[0]) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    revoke: (sessionId: SessionId) => {
      for (const listener of listeners) listener({ sessionId, why: 'revoked' });
    },
    admit,
    /** An account that no service knows, with a token. */
    account: (name: string, livesMs?: number) => admit(principalOf(name), livesMs),
  };
};
export type GivenAccount = ReturnType<ReturnType<typeof stubPrincipals>['admit']>;
