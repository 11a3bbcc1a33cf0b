// A proof stops what it started, however it ends.

const undone: (() => unknown)[] = [];

/** Registers what must be undone; the last is undone first. */
export const afterwards = (undo: () => unknown): void => void undone.push(undo);

const cleanUp = async (): Promise<void> => {
  for (const undo of undone.splice(0).reverse()) await undo();
};

/** Runs a proof within its time; cleans up when it ends, throws, takes too long or is interrupted. */
export const prove = async (work: () => Promise<void>, { withinMs }: { readonly withinMs: number }): Promise<void> => {
  let leaving = false;
  const leave = (why: string, code: number): void => {
    // Ctrl-C reaches every process of the terminal, and the parent passes it on: one of the two is enough.
    if (leaving) return;
    leaving = true;
    console.error(`\n  ${why}`);
    void cleanUp().finally(() => process.exit(code));
    // Whatever hangs in cleaning up dies with this process.
    setTimeout(() => process.exit(code), 15_000).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => leave(`ended by ${signal}`, 130));
  const watchdog = setTimeout(() => leave(`not done within ${withinMs / 1000} s`, 1), withinMs);
  try {
    await work();
  } catch (error) {
    if (!leaving) throw error;
    // It failed because everything is being stopped; whoever does that ends the process.
    await new Promise(() => {});
  } finally {
    clearTimeout(watchdog);
    await cleanUp();
  }
};
