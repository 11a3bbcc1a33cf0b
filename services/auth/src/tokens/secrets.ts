import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, scrypt } from 'node:crypto';

/** Derived from PARLEY_SECRET: each use has its own key, and none reveals the secret. */
export interface Secrets {
  seal(plain: Uint8Array, about: string): Buffer;
  /** Throws when `sealed` was made with another secret or for another `about`. */
  open(sealed: Uint8Array, about: string): Buffer;
  /** The successor of a refresh token: deterministic, and cannot be computed without the secret. */
  successorOf(refreshToken: string): string;
}

const refreshPrefix = 'pr_';
const ticketPrefix = 'pt_';
const ivBytes = 12;
const tagBytes = 16;
const cipherName = 'aes-256-gcm';

/** Deliberately slow (once, at start), so that a weak secret cannot be guessed quickly from a copy of the database. */
export const deriveSecrets = async (secret: string): Promise<Secrets> => {
  const master = await stretch(secret);
  const sealing = subkey(master, 'signing keys');
  const chaining = subkey(master, 'refresh successors');
  return {
    seal: (plain, about) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(cipherName, sealing, iv).setAAD(Buffer.from(about));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]);
    },
    open: (sealed, about) => {
      const decipher = createDecipheriv(cipherName, sealing, sealed.subarray(0, ivBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(about)).setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
      return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]);
    },
    successorOf: (refreshToken) =>
      refreshPrefix + createHmac('sha256', chaining).update(refreshToken).digest('base64url'),
  };
};

const stretch = (secret: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(secret, 'parley/auth', 64, { N: 16_384, r: 8, p: 1 }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });

const subkey = (master: Buffer, use: string): Buffer => Buffer.from(hkdfSync('sha256', master, 'parley/auth', use, 32));

export const newRefreshToken = (): string => refreshPrefix + randomBytes(32).toString('base64url');
export const newTicket = (): string => ticketPrefix + randomBytes(32).toString('base64url');

/** The form in which an opaque token is stored. Its 256 bits are random, so a plain hash cannot be reversed by trying. */
export const hashOpaque = (token: string): Buffer => createHash('sha256').update(token).digest();
