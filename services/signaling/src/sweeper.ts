import type { Log } from '@parley/runtime';

/** Runs `sweep` every `everyMs`, one run at a time. `stop` waits for the current run. */
export const startSweeper = (sweep: () => Promise<number>, everyMs: number, log: Log): { stop(): Promise<void> } => {
  let running: Promise<void> | null = null;
  let failing = false;
  const run = async (): Promise<void> => {
    try {
      const swept = await sweep();
      if (swept > 0) log.warn({ peers: swept }, 'Gateways fell silent: what they held is offline');
      failing = false;
    } catch (error) {
      // Logged once per outage of the store.
      if (!failing) log.error({ err: error }, 'Silent gateways could not be looked for; it is tried again');
      failing = true;
    }
  };
  const timer = setInterval(() => {
    running ??= run().finally(() => (running = null));
  }, everyMs).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
};
