import { ConfigError } from '@parley/runtime';
import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { tokenAlgorithm } from '@parley/contracts';
import type { RotationPolicy } from '../domain/key-rotation.js';
import type { Keys, NewKey, PublicJwk, StoredKey } from '../store/keys.js';
import { type AccessToken, type AccessTokenSubject, type SigningKey, signAccessToken } from './access-token.js';
import type { Secrets } from './secrets.js';

export interface KeyRingDeps {
  readonly keys: Keys;
  readonly secrets: Secrets;
  readonly policy: RotationPolicy;
  readonly clock: () => number;
}

/** The keys as this replica knows them, parsed once. */
export interface KeyRing {
  readonly publicKeys: readonly PublicJwk[];
  /** When the active key began to sign (epoch milliseconds). */
  readonly signingSince: number;
  sign(subject: AccessTokenSubject, lifeMs: number): AccessToken;
  /** The public key with this `kid`; an unknown one is looked up, at most once a second. */
  find(kid: string): Promise<KeyObject | undefined>;
  /** Rotates the keys if that is due and reads them again; the job that runs each minute. */
  turn(): Promise<void>;
  reload(): Promise<void>;
}

/** The secret in the environment is not the one that sealed the keys in the database. */
export class WrongSecretError extends ConfigError {
  constructor() {
    super([
      'PARLEY_SECRET is not the one that sealed the signing keys in this database: start with the old secret, ' +
        'or delete the rows of auth.signing_keys, which makes every access token given out so far invalid',
    ]);
  }
}

const unknownKidPauseMs = 1_000;

/** Makes the first key if there is none; two replicas that start at the same time agree on one. */
export const openKeyRing = async (deps: KeyRingDeps): Promise<KeyRing> => {
  const { keys, clock, policy } = deps;
  const make = (): Promise<NewKey> => makeKey(deps.secrets);
  await keys.rotate({ now: clock(), policy, make, wait: true });
  let known = parse(await keys.list(), deps.secrets);
  let lookedUpAt = Number.NEGATIVE_INFINITY;

  const reload = async (): Promise<void> => {
    known = parse(await keys.list(), deps.secrets);
  };
  return {
    get publicKeys() {
      return known.jwks;
    },
    get signingSince() {
      return known.signingSince;
    },
    sign: (subject, lifeMs) => signAccessToken(known.signing, subject, { now: clock(), lifeMs }),
    find: async (kid) => {
      const key = known.byKid.get(kid);
      if (key || clock() - lookedUpAt < unknownKidPauseMs) return key;
      lookedUpAt = clock();
      await reload();
      return known.byKid.get(kid);
    },
    turn: async () => {
      await keys.rotate({ now: clock(), policy, make, wait: false });
      await reload();
    },
    reload,
  };
};

interface KnownKeys {
  readonly signing: SigningKey;
  readonly signingSince: number;
  readonly byKid: ReadonlyMap<string, KeyObject>;
  readonly jwks: readonly PublicJwk[];
}

const parse = (stored: readonly StoredKey[], secrets: Secrets): KnownKeys => {
  const active = stored.find((key) => key.state === 'active');
  if (!active?.sealedPrivateKey) throw new Error('There is no active signing key');
  return {
    signing: { kid: active.kid, privateKey: openPrivateKey(active.sealedPrivateKey, active.kid, secrets) },
    signingSince: active.activatedAt ?? active.createdAt,
    byKid: new Map(
      stored.map(({ kid, publicJwk }) => [kid, createPublicKey({ key: { ...publicJwk }, format: 'jwk' })]),
    ),
    jwks: stored.map((key) => key.publicJwk),
  };
};

const openPrivateKey = (sealed: Buffer, kid: string, secrets: Secrets): KeyObject => {
  let der: Buffer;
  try {
    der = secrets.open(sealed, kid);
  } catch {
    // AES-GCM reports only "unable to authenticate data"; the cause is always the secret.
    throw new WrongSecretError();
  }
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
};

const generate = promisify(generateKeyPair);

const makeKey = async (secrets: Secrets): Promise<NewKey> => {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  if (n === undefined || e === undefined) throw new Error('The new RSA key has no modulus');
  const kid = randomBytes(12).toString('base64url');
  return {
    publicJwk: { kid, kty: 'RSA', alg: tokenAlgorithm, use: 'sig', n, e },
    sealedPrivateKey: secrets.seal(privateKey.export({ format: 'der', type: 'pkcs8' }), kid),
  };
};
