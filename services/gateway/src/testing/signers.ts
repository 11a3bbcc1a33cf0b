import { createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { Bus, Serving } from '@parley/bus';
import { auth, Fault, tokenIssuer } from '@parley/contracts';
import type { AccountPrincipal, Contract, Handlers, SessionId } from '@parley/contracts';
import jwt from 'jsonwebtoken';
import type { PublicKey } from '../authentication/token-keys.js';

/** A key pair as auth makes them. */
export const createSigner = (kid: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } as PublicKey;
  return { kid, jwk, privateKey };
};
export type Signer = ReturnType<typeof createSigner>;

// Made once: keys are slow to make.
const first = createSigner('one');

export const epoch = Date.UTC(2026, 0, 1);

export const claimsOf = (changes: Record<string, unknown> = {}) => ({
  iss: tokenIssuer,
  aud: 'rooms',
  sub: randomUUID(),
  realm: 'rooms',
  sid: randomUUID(),
  num: 1,
  hdl: 'ada',
  name: 'Ada',
  iat: epoch / 1000,
  exp: epoch / 1000 + 3_600,
  ...changes,
});

export const sign = (signer: Signer, claims: object, header: Partial<jwt.JwtHeader> = {}): string =>
  jwt.sign(claims, createPrivateKey(signer.privateKey.export({ format: 'pem', type: 'pkcs8' })), {
    algorithm: 'RS256',
    keyid: signer.kid,
    ...(Object.keys(header).length > 0 && { header: { alg: 'RS256', kid: signer.kid, ...header } }),
  });

export type Answers = Readonly<Record<string, (input: never, context: never) => Promise<unknown>>>;

/** Answers a contract on the bus with what a test says (`noun.verb`); the rest is an internal fault. */
export const serveParts = (bus: Bus, contract: Contract, answers: Answers): Promise<Serving> => {
  const refuse = (): Promise<never> => Promise.reject(new Error('Not in this test'));
  const handlers = Object.fromEntries(
    Object.entries(contract.nouns).map(([noun, verbs]) => [
      noun,
      Object.fromEntries(Object.keys(verbs).map((verb) => [verb, answers[`${noun}.${verb}`] ?? refuse])),
    ]),
  );
  return bus.serve(contract, handlers as unknown as Handlers<Contract>);
};

export const serveAuth = (bus: Bus, answers: Answers): Promise<Serving> => serveParts(bus, auth, answers);

/** Auth as far as tokens go, to be turned and looked at by a test. */
export const createTokenAuthority = (clock: () => number) => {
  const state = {
    signers: [first],
    ended: [] as { sessionId: SessionId; endedAt: string }[],
    /** Sessions that have ended, or that auth has forgotten. */
    gone: new Set<string>(),
    keyCalls: 0,
    pulls: [] as string[],
  };
  const answers: Answers = {
    'token.keys': () => {
      state.keyCalls += 1;
      return Promise.resolve({ keys: state.signers.map(({ jwk }) => jwk), now: new Date(clock()).toISOString() });
    },
    'account.me': (_input: unknown, { principal }: { principal: AccountPrincipal }) => {
      if (state.gone.has(principal.sessionId)) throw new Fault('unauthenticated', 'session_ended', 'It has ended');
      const { accountId: id, number, realm, handle, name } = principal;
      const createdAt = new Date(epoch).toISOString();
      const none = { username: null, email: null, publicKey: null, firstName: null, lastName: null };
      return Promise.resolve({ id, number, realm, kind: 'person', handle, name, createdAt, ...none });
    },
    'token.revocations': ({ since }: { since: string }) => {
      state.pulls.push(since);
      const sessions = state.ended.filter(({ endedAt }) => endedAt >= since);
      return Promise.resolve({ sessions, asOf: new Date(clock()).toISOString() });
    },
  };
  return { state, answers };
};
