import { type Deadline, Fault, timeLeft } from '@parley/contracts';

export interface FairQueueOptions {
  /** Jobs that run at the same time. */
  readonly atOnce: number;
  /** Waiting jobs, of all keys together. */
  readonly waitingMax: number;
}

/** The key whose share of the queue a job takes, and the deadline of its result. */
export interface Turn {
  readonly key: string;
  readonly deadline: Deadline;
}

/** The key of calls that come from no client's network. */
const ownShare = 'parley';

/** The turn of a call for a client of this network. */
export const turnOf = (network: string | undefined, deadline: Deadline): Turn => ({
  key: network ?? ownShare,
  deadline,
});

export interface FairQueue {
  /**
   * Runs `work` when its turn comes. The keys take turns, however many jobs each has. Rejects with `rate_limited` `busy` when the queue is
   * full and the key already has its share of it, and with `unavailable` `deadline_exceeded` when its deadline passed before its turn.
   */
  run<T>(turn: Turn, work: () => Promise<T>): Promise<T>;
  waiting(): number;
}

interface Job {
  readonly deadline: Deadline;
  start(): void;
  refuse(fault: Fault): void;
}

export const createFairQueue = ({ atOnce, waitingMax }: FairQueueOptions): FairQueue => {
  let running = 0;
  let waiting = 0;
  /** In the order in which the keys take their turns. */
  const lines = new Map<string, Job[]>();

  const startNext = (): void => {
    for (const [key, line] of lines) {
      const job = line.shift();
      lines.delete(key);
      if (line.length > 0) lines.set(key, line);
      if (!job) continue;
      waiting -= 1;
      // The slot passes straight to the next job, so that no new job overtakes it.
      if (timeLeft(job.deadline) > 0) return job.start();
      job.refuse(expired());
    }
    running -= 1;
  };

  const dropExpired = (): void => {
    for (const [key, line] of lines) {
      const alive = line.filter(({ deadline }) => timeLeft(deadline) > 0);
      for (const job of line) if (timeLeft(job.deadline) <= 0) job.refuse(expired());
      waiting -= line.length - alive.length;
      if (alive.length > 0) lines.set(key, alive);
      else lines.delete(key);
    }
  };

  /** Drops the newest job of the key with the most jobs in favor of a key that has fewer. */
  const makeRoom = (key: string): boolean => {
    if (waiting < waitingMax) return true;
    dropExpired();
    if (waiting < waitingMax) return true;
    const longest = [...lines.values()].reduce((one, other) => (other.length > one.length ? other : one), []);
    if (longest.length <= (lines.get(key)?.length ?? 0) + 1) return false;
    waiting -= 1;
    longest.pop()?.refuse(busy());
    return true;
  };

  const enter = async ({ key, deadline }: Turn): Promise<void> => {
    if (running < atOnce) {
      running += 1;
      return;
    }
    if (!makeRoom(key)) throw busy();
    await new Promise<void>((resolve, reject) => {
      const job: Job = { deadline, start: resolve, refuse: reject };
      const line = lines.get(key);
      if (line) line.push(job);
      else lines.set(key, [job]);
      waiting += 1;
    });
  };

  return {
    async run(turn, work) {
      await enter(turn);
      try {
        return await work();
      } finally {
        startNext();
      }
    },
    waiting: () => waiting,
  };
};

const busy = (): Fault =>
  new Fault('rate_limited', 'busy', 'Too many sign-ins at once; try again', { retryAfterMs: 1_000 });
const expired = (): Fault =>
  new Fault('unavailable', 'deadline_exceeded', 'No answer in time', { retryAfterMs: 1_000 });
