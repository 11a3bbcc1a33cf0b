import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@parley/bus';
import { AccessClaims, Fault, principalFromClaims, tokenAlgorithm, tokenIssuer } from '@parley/contracts';
import type { AccountPrincipal, DialectName, Realm, SessionId, SystemPrincipal } from '@parley/contracts';
import jwt from 'jsonwebtoken';
import { type Log, atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';
import type { Core } from '../core.js';
import type { Credentials } from '../protocol/command.js';
import { createIssuerClock } from './issuer-clock.js';
import { createRevokedSessions } from './revoked-sessions.js';
import { createTokenKeys } from './token-keys.js';
import type { JsonWebKeySet, TokenKeys } from './token-keys.js';

export interface Proof {
  readonly principal: AccountPrincipal;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Which credentials are valid: those for the token's own dialect and one of these realms, the dialect's own first. */
export interface Expected {
  readonly dialect: DialectName;
  readonly realms: readonly Realm[];
}

export interface Principals {
  /** Faults: `unauthenticated` `invalid_token` | `token_expired` | `session_ended` | `ticket_invalid`; `unavailable`. */
  authenticate(credentials: Credentials, expected: Expected): Promise<Proof>;
  /** The wall-clock time that decides when tokens expire, in epoch milliseconds: the issuer's. */
  now(): number;
  onRevoked(listener: (ended: { sessionId: SessionId; why: string }) => void): () => void;
}

export type OwnedPrincipals = Principals & {
  /**
   * The same for a token that may have expired: it identifies its account and opens nothing. It asks auth whether the session is alive,
   * because ends of sessions are published only while one of their tokens may still be valid: a session that auth does not know (any more)
   * has ended.
   */
  authenticateExpired(token: string, expected: Expected): Promise<Proof>;
  /** Resolves once tokens can be verified, or after the time: a gateway that starts before auth does not report ready too early. */
  settled(withinMs: number): Promise<void>;
  /** Resolves when tokens can be verified; `unavailable` otherwise. */
  canAuthenticate(): Promise<void>;
  /** The response of `/.well-known/jwks.json`. */
  keys(): Promise<JsonWebKeySet>;
  stop(): void;
};

const verifiedMax = 10_000;
const headersMax = 64;
const tokenCharactersMax = 4_096;
const caller: SystemPrincipal = { kind: 'system', realm: 'main', service: 'gateway' };

export const createPrincipals = async (deps: {
  readonly bus: Bus;
  readonly core: Core;
  readonly log: Log;
  /** The issuer's time in epoch milliseconds. Default: the time that auth sends. */
  readonly clock?: () => number;
  /** Monotonic milliseconds. */
  readonly monotonic?: () => number;
}): Promise<OwnedPrincipals> => {
  const { bus, core, log, monotonic = () => performance.now() } = deps;
  const issuerClock = createIssuerClock();
  const { clock = issuerClock.now } = deps;
  const keys = createTokenKeys({ core, caller, log, issuerClock, clock: monotonic });
  const revoked = await createRevokedSessions({ bus, core, caller, log, clock, monotonic });
  const verifier = createVerifier(keys, clock);

  const canAuthenticate = async (): Promise<void> => {
    await Promise.all([revoked.known(), keys.published()]);
  };

  const redeem = async (ticket: string, realm: string | undefined, expected: Expected): Promise<Proof> => {
    const at = expected.realms.find((one) => realm === undefined || one === realm);
    if (at === undefined) throw ticketInvalid();
    const anonymous = { kind: 'anonymous' as const, realm: at, dialect: expected.dialect };
    const { principal, expiresAt } = await core.auth.ticket.redeem({ ticket }, { principal: anonymous });
    return { principal, expiresAt: Date.parse(expiresAt) };
  };

  const check = ({ principal }: Proof, expected: Expected, isTicket: boolean): void => {
    // The token's audience and realm, for new and cached proofs alike.
    if (principal.dialect !== expected.dialect || !expected.realms.includes(principal.realm)) {
      throw isTicket ? ticketInvalid() : invalidToken();
    }
    if (revoked.has(principal.sessionId)) {
      throw new Fault('unauthenticated', 'session_ended', 'This session has ended');
    }
  };

  return {
    async authenticateExpired(token, expected) {
      await revoked.known();
      const proof = await verifier(token, true);
      check(proof, expected, false);
      await core.auth.account.me({}, { principal: proof.principal });
      return proof;
    },
    async authenticate(credentials, expected) {
      await revoked.known();
      const isTicket = credentials.kind === 'ticket';
      const proof = isTicket
        ? await redeem(credentials.ticket, credentials.realm, expected)
        : await verifier(credentials.token);
      check(proof, expected, isTicket);
      if (proof.expiresAt <= clock()) throw tokenExpired();
      return proof;
    },
    async settled(withinMs) {
      const canCheck = () =>
        canAuthenticate().then(
          () => true,
          () => false,
        );
      for (const until = performance.now() + withinMs; performance.now() < until; await sleep(50)) {
        if (await canCheck()) return;
      }
    },
    now: clock,
    onRevoked: (listener) => revoked.onRevoked(listener),
    canAuthenticate,
    keys: () => keys.published(),
    stop() {
      keys.stop();
      revoked.stop();
    },
  };
};

/** Verifies signature, issuer and form, and caches the result, so that the same token again costs one hash. */
const createVerifier = (keys: TokenKeys, clock: () => number) => {
  // Not `atMost`: of a gateway with many connections this cache is full, and then takes 0.73 instead of 0.92 MB, 0.23 of it from the start.
  const verified = new LRUCache<string, Proof>({ max: verifiedMax });
  /** All tokens of a key have the same header, as text too. */
  const kids = new LRUCache<string, string>(atMost(headersMax));
  return async (token: string, late = false): Promise<Proof> => {
    if (token.length > tokenCharactersMax) throw invalidToken();
    const digest = createHash('sha256').update(token).digest('base64');
    const remembered = verified.get(digest);
    if (remembered) return remembered;
    const header = token.slice(0, token.indexOf('.'));
    const kid = kids.get(header) ?? kidOf(header);
    const key = kid === null ? null : await keys.find(kid);
    if (kid === null || !key) throw invalidToken();
    kids.set(header, kid);
    const claims = verifiedClaims(() =>
      jwt.verify(token, key, {
        algorithms: [tokenAlgorithm],
        issuer: tokenIssuer,
        ignoreExpiration: late,
        clockTimestamp: Math.floor(clock() / 1000),
      }),
    );
    const proof = { principal: principalFromClaims(claims), expiresAt: claims.exp * 1000 };
    verified.set(digest, proof);
    return proof;
  };
};

/** Only to find the key: the header is verified with the token. */
const kidOf = (header: string): string | null => {
  try {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { readonly kid?: unknown };
    return typeof kid === 'string' ? kid : null;
  } catch {
    // Not JSON, or null.
    return null;
  }
};

const verifiedClaims = (verify: () => unknown): AccessClaims => {
  try {
    return AccessClaims.parse(verify());
  } catch (error) {
    if (error instanceof jwt.TokenExpiredError) throw tokenExpired();
    throw invalidToken(error);
  }
};

const invalidToken = (cause?: unknown): Fault =>
  new Fault('unauthenticated', 'invalid_token', 'The access token is not valid', { cause });
const tokenExpired = (): Fault => new Fault('unauthenticated', 'token_expired', 'The access token has expired');
const ticketInvalid = (): Fault => new Fault('unauthenticated', 'ticket_invalid', 'The ticket is not valid');
