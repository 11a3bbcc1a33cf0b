import type { Log } from './log.js';

/** A periodic task of a process. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<void>;
}

/** Running jobs. */
export interface Jobs {
  /** Number of failures of each job. */
  readonly failures: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Runs each job periodically, without overlapping runs; no job keeps the process alive. `stop` waits for running jobs. */
export const startJobs = (jobs: readonly Job[], log: Log): Jobs => {
  const failures = new Map(jobs.map(({ name }) => [name, 0]));
  const running = new Map<string, Promise<void>>();
  const run = ({ name, work }: Job): void => {
    if (running.has(name)) return;
    const turn = work()
      .catch((error: unknown) => {
        failures.set(name, (failures.get(name) ?? 0) + 1);
        log.error({ err: error, job: name }, 'A job failed; it runs again');
      })
      .finally(() => running.delete(name));
    running.set(name, turn);
  };
  const timers = jobs.map((job) => setInterval(run, job.everyMs, job).unref());
  return {
    failures,
    stop: async () => {
      timers.forEach(clearInterval);
      await Promise.all(running.values());
    },
  };
};
