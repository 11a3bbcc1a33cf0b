import type { KeyTimes, RotationPolicy } from '../domain/key-rotation.js';

/** The public half of a signing key, as a verifier reads it. */
export interface PublicJwk {
  readonly kid: string;
  readonly kty: 'RSA';
  readonly alg: 'RS256';
  readonly use: 'sig';
  readonly n: string;
  readonly e: string;
}

export interface NewKey {
  readonly publicJwk: PublicJwk;
  readonly sealedPrivateKey: Buffer;
}

export interface StoredKey extends KeyTimes {
  readonly publicJwk: PublicJwk;
  /** Present only while the key signs, or before it does. */
  readonly sealedPrivateKey: Buffer | null;
}

export interface Keys {
  /** All keys for verification: next, active and retiring. */
  list(): Promise<StoredKey[]>;
  /**
   * Applies the steps that the policy says are due, one replica at a time; returns whether anything changed. With `wait` it waits for a
   * replica that is already rotating, otherwise it leaves the work to that one.
   */
  rotate(options: {
    readonly now: number;
    readonly policy: RotationPolicy;
    readonly make: () => Promise<NewKey>;
    readonly wait: boolean;
  }): Promise<boolean>;
}
