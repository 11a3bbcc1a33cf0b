import { type Options, hash, parseOptions, verify } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { type FairQueueOptions, type Turn, createFairQueue } from './fair-queue.js';

export type PasswordAlgorithm = 'argon2id' | 'bcrypt';

export interface StoredPassword {
  readonly algorithm: PasswordAlgorithm;
  readonly hash: string;
}

export interface Verdict {
  readonly correct: boolean;
  /** What to store instead, when the password is correct but its hash uses an older algorithm or form, or costs less or more than ours. */
  readonly fresh?: StoredPassword;
}

/**
 * Deliberately slow, and off the event loop. Jobs wait in a fair queue (fair-queue.ts); these calls reject with its faults. Passwords are
 * hashed in Unicode's NFC, so that a password typed on another system still matches.
 */
export interface Hasher {
  hash(password: string, turn: Turn): Promise<StoredPassword>;
  /** With null (no such account) it takes about as long and rejects the password. */
  verify(stored: StoredPassword | null, password: string, turn: Turn): Promise<Verdict>;
  /** How many jobs wait for their turn. */
  waiting(): number;
}

/** OWASP's first choice for argon2id; one hash takes 19 MiB and about 20 ms. */
const policy = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const satisfies Options;

export const createHasher = async (options: FairQueueOptions): Promise<Hasher> => {
  const queue = createFairQueue(options);
  const make = async (password: string): Promise<StoredPassword> => ({
    algorithm: 'argon2id',
    hash: await hash(password.normalize('NFC'), policy),
  });
  const unusable = await make('a password of no account');
  return {
    hash: (password, turn) => queue.run(turn, () => make(password)),
    verify: (stored, password, turn) =>
      queue.run(turn, async () => {
        const normalized = password.normalize('NFC');
        const correct = await matches(stored ?? unusable, normalized);
        if (correct && stored) return isFresh(stored) ? { correct } : { correct, fresh: await make(password) };
        // Imported hashes and those from before normalization. Also without an account, to take equal time.
        const correctAsGiven = password !== normalized && (await matches(stored ?? unusable, password));
        return stored && correctAsGiven ? { correct: true, fresh: await make(password) } : { correct: false };
      }),
    waiting: queue.waiting,
  };
};

const matches = (stored: StoredPassword, password: string): Promise<boolean> =>
  stored.algorithm === 'bcrypt' ? verifyBcrypt(password, stored.hash) : verify(stored.hash, password);

/** Weaker hashes protect less; costlier ones, which imports bring, would take more memory at every sign-in than was planned for. */
const isFresh = (stored: StoredPassword): boolean => {
  if (stored.algorithm !== 'argon2id') return false;
  const made = parseOptions(stored.hash);
  return (
    made.memoryCost === policy.memoryCost &&
    made.timeCost === policy.timeCost &&
    made.parallelism === policy.parallelism
  );
};
