import { tokenIssuer } from '@parley/contracts';
import jwt from 'jsonwebtoken';
import { expect, test } from 'vitest';
import { createPublicKey } from 'node:crypto';
import { claimsOf, createSigner, epoch, sign } from '../testing/signers.js';
import { verifyAccessToken } from './access-token.js';

const signer = createSigner('one');
const other = createSigner('one');
const key = createPublicKey({ key: signer.jwk, format: 'jwk' });
const keys = {
  find: (kid: string) => Promise.resolve(kid === 'one' ? key : null),
  published: () => Promise.resolve({ keys: [signer.jwk] }),
  stop: () => undefined,
};
const now = epoch / 1000;

const refusal = (token: string, at: number | null = now): Promise<string | null> =>
  verifyAccessToken(token, keys, at).then(
    () => null,
    (error: unknown) => (error as { reason: string }).reason,
  );
const libraryRefuses = (token: string): boolean => {
  try {
    jwt.verify(token, key, { algorithms: ['RS256'], issuer: tokenIssuer, clockTimestamp: now });
    return false;
  } catch {
    return true;
  }
};

const good = sign(signer, claimsOf());
const [header = '', payload = '', signature = ''] = good.split('.');
const encoded = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url');
/** Any header, with a signature that fits it. */
const signedWith = (fields: object): string =>
  jwt.sign(claimsOf(), signer.privateKey, { algorithm: 'RS256', header: { alg: 'RS256', kid: 'one', ...fields } });

test('a token that auth signed is accepted, the second time as well', async () => {
  expect(await refusal(good)).toBeNull();
  expect(await refusal(good)).toBeNull();
  expect(await verifyAccessToken(good, keys, now)).toEqual(jwt.decode(good));
});

test.each([
  ['a changed payload', `${header}.${encoded(claimsOf({ num: 2 }))}.${signature}`],
  ['a signature of another key', sign(other, claimsOf())],
  ['a cut signature', good.slice(0, -10)],
  ['no signature', `${header}.${payload}.`],
  ['the algorithm none', `${encoded({ alg: 'none', kid: 'one' })}.${payload}.`],
  ['the algorithm none, with a signature', `${encoded({ alg: 'none', kid: 'one' })}.${payload}.${signature}`],
  ['the public key as the secret of HS256', jwt.sign(claimsOf(), JSON.stringify(signer.jwk), { keyid: 'one' })],
  ['a fourth part', `${good}.${signature}`],
  ['a space', `${good} `],
  ['padding', `${good}==`],
  ['an issuer that is another', sign(signer, claimsOf({ iss: 'somebody' }))],
  ['a time before which it is not valid', sign(signer, claimsOf({ nbf: now + 60 }))],
])('%s is refused, here and by the library', async (_name, token) => {
  expect(libraryRefuses(token)).toBe(true);
  expect(await refusal(token)).toBe('invalid_token');
});

test('an expired token is refused as such, and identifies its account where that is all that is asked', async () => {
  const expired = sign(signer, claimsOf({ exp: now }));
  expect(libraryRefuses(expired)).toBe(true);
  expect(await refusal(expired)).toBe('token_expired');
  expect(await refusal(expired, null)).toBeNull();
});

test('a header that has to be understood, or names another key, is refused', async () => {
  expect(await refusal(signedWith({ crit: ['exp'] }))).toBe('invalid_token');
  expect(await refusal(signedWith({ kid: 'two' }))).toBe('invalid_token');
  expect(await refusal(signedWith({ typ: 'JWT' }))).toBeNull();
});

test('many forged headers do not keep the tokens of the key out', async () => {
  for (let n = 0; n < 100; n += 1) {
    expect(await refusal(`${encoded({ alg: 'RS256', kid: `forged ${n}` })}.${payload}.${signature}`)).toBe(
      'invalid_token',
    );
  }
  expect(await refusal(good)).toBeNull();
});
