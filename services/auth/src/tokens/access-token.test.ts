import { generateKeyPairSync } from 'node:crypto';
import { AccountId, SessionId, dialectNames, preferencesDefault, principalFromClaims } from '@parley/contracts';
import jwt from 'jsonwebtoken';
import { expect, test } from 'vitest';
import { kidOf, signAccessToken, verifyAccessToken } from './access-token.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = new Map([['k1', publicKey]]);
const now = Date.UTC(2026, 0, 1);
const account = {
  id: AccountId.parse('0b0e7c5e-9d3b-4a52-8a84-1c1d1b1e1f10'),
  number: 7,
  realm: 'main',
  kind: 'person',
  username: 'ada',
  email: 'ada@x.org',
  handle: '0b0e7c5e-9d3b-4a52-8a84-1c1d1b1e1f10',
  name: 'Ada',
  firstName: null,
  lastName: null,
  publicKey: null,
  createdAt: new Date(now).toISOString(),
  preferences: preferencesDefault,
} as const;
const sessionId = SessionId.parse('7d9f8a52-54f5-4a52-9a52-0d8f7c6b5a41');
const sign = () =>
  signAccessToken({ kid: 'k1', privateKey }, { account, dialect: 'rooms', sessionId }, { now, lifeMs: 60_000 });
const invalid = expect.objectContaining({ code: 'unauthenticated', reason: 'token_invalid' }) as Error;

test('a token says who, in which realm and dialect, and nothing that is only theirs to know', () => {
  const { token, expiresAt } = sign();
  expect(expiresAt).toBe(now + 60_000);
  expect(kidOf(token)).toBe('k1');
  const claims = verifyAccessToken(keys, token, { now });
  expect(principalFromClaims(claims)).toEqual({
    kind: 'account',
    realm: 'main',
    dialect: 'rooms',
    accountId: account.id,
    number: 7,
    handle: account.handle,
    name: 'Ada',
    sessionId,
  });
  expect(JSON.stringify(jwt.decode(token))).not.toContain('ada@x.org');
});

const subjects = {
  v1: { sub: account.id, name: 'Ada' },
  rooms: { sub: 'ada', aid: account.id },
  conversations: { sub: 'ada', aid: account.id },
  fluent: { sub: 'ada', aid: account.id, user_id: 7, type: 'access' },
  mesh: { sub: '7', aid: account.id },
  swifty: { sub: 'c0ffee00-0000-4000-8000-000000000001', aid: account.id, name: 'Ada' },
} as const;

test.each(dialectNames)('C2: a token of %s says its subject as clients of that wire know it', (dialect) => {
  const known = dialect === 'swifty' ? { ...account, username: null, handle: subjects.swifty.sub } : account;
  const { token } = signAccessToken(
    { kid: 'k1', privateKey },
    { account: known, dialect, sessionId },
    { now, lifeMs: 60_000 },
  );
  expect(jwt.decode(token)).toMatchObject(subjects[dialect]);
  const principal = principalFromClaims(verifyAccessToken(keys, token, { now }));
  expect(principal).toMatchObject({ dialect, accountId: account.id, number: 7, handle: known.handle, name: 'Ada' });
});

test('C2: an account is never taken from a subject that its owner chose', () => {
  const other = '11111111-9d3b-4a52-8a84-1c1d1b1e1f10';
  const named = { ...account, username: other, name: other };
  const { token } = signAccessToken(
    { kid: 'k1', privateKey },
    { account: named, dialect: 'rooms', sessionId },
    { now, lifeMs: 60_000 },
  );
  expect(principalFromClaims(verifyAccessToken(keys, token, { now }))).toMatchObject({
    accountId: account.id,
    name: other,
  });
});

test('it is good until the second in which it expires', () => {
  const { token } = sign();
  expect(verifyAccessToken(keys, token, { now: now + 59_999 })).toBeTruthy();
  expect(() => verifyAccessToken(keys, token, { now: now + 60_000 })).toThrow(
    expect.objectContaining({ reason: 'token_expired' }) as Error,
  );
});

test.each([
  ['an unknown key', () => ({ keys: new Map(), token: sign().token })],
  ['no token', () => ({ keys, token: 'a.b.c' })],
  [
    'another issuer',
    () => ({ keys, token: jwt.sign({ iss: 'else' }, privateKey, { algorithm: 'RS256', keyid: 'k1' }) }),
  ],
  [
    'claims missing',
    () => ({ keys, token: jwt.sign({ iss: 'parley' }, privateKey, { algorithm: 'RS256', keyid: 'k1' }) }),
  ],
  [
    'another algorithm',
    () => ({ keys, token: jwt.sign({ iss: 'parley' }, privateKey, { algorithm: 'PS256', keyid: 'k1' }) }),
  ],
  [
    'the public key used as a shared secret',
    () => ({
      keys,
      token: jwt.sign({}, publicKey.export({ format: 'pem', type: 'spki' }), { algorithm: 'HS256', keyid: 'k1' }),
    }),
  ],
])('%s is refused', (_what, make) => {
  const bad = make();
  expect(() => verifyAccessToken(bad.keys, bad.token, { now })).toThrow(invalid);
});
