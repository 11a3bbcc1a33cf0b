import { type Options, hash, parseOptions, verify } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { Fault } from '@parley/contracts';

export type PasswordAlgorithm = 'argon2id' | 'bcrypt';

export interface StoredPassword {
  readonly algorithm: PasswordAlgorithm;
  readonly hash: string;
}

export interface Verdict {
  readonly correct: boolean;
  /** What to store instead, when the password is correct but was hashed in an older way. */
  readonly fresh?: StoredPassword;
}

/** Slow on purpose and off the event loop; `rate_limited` `busy` rather than a queue without end. */
export interface Hasher {
  hash(password: string): Promise<StoredPassword>;
  /** With null (nobody by that name) it takes about as long and says no. */
  verify(stored: StoredPassword | null, password: string): Promise<Verdict>;
  /** How many wait for their turn. */
  waiting(): number;
}

export interface HasherOptions {
  readonly atOnce: number;
  readonly waitingMax: number;
}

/** OWASP's first choice for argon2id; one hash takes 19 MiB and about 20 ms. */
const policy = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const satisfies Options;

export const createHasher = async (options: HasherOptions): Promise<Hasher> => {
  const turns = createTurns(options);
  const { inTurn } = turns;
  const make = async (password: string): Promise<StoredPassword> => ({
    algorithm: 'argon2id',
    hash: await hash(password, policy),
  });
  const nobody = await make('the password of nobody');
  return {
    hash: (password) => inTurn(() => make(password)),
    verify: (stored, password) =>
      inTurn(async () => {
        const correct = await matches(stored ?? nobody, password);
        if (!correct || !stored) return { correct: false };
        return isFresh(stored) ? { correct } : { correct, fresh: await make(password) };
      }),
    waiting: turns.waiting,
  };
};

const matches = (stored: StoredPassword, password: string): Promise<boolean> =>
  stored.algorithm === 'bcrypt' ? verifyBcrypt(password, stored.hash) : verify(stored.hash, password);

const isFresh = (stored: StoredPassword): boolean => {
  if (stored.algorithm !== 'argon2id') return false;
  const made = parseOptions(stored.hash);
  return made.memoryCost >= policy.memoryCost && made.timeCost >= policy.timeCost;
};

/** At most so many at once; the others wait in line, and when the line is full they are sent away. */
const createTurns = ({ atOnce, waitingMax }: HasherOptions) => {
  let running = 0;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    // The turn passes straight to the next in line, so that nobody who comes now overtakes it.
    if (next) next();
    else running -= 1;
  };
  const enter = async (): Promise<void> => {
    if (running < atOnce) {
      running += 1;
      return;
    }
    if (waiting.length >= waitingMax) {
      throw new Fault('rate_limited', 'busy', 'Too many sign-ins at once; try again', { retryAfterMs: 1_000 });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
  return { inTurn, waiting: () => waiting.length };
};
