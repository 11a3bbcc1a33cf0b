const killers = new Set<() => void>();

/** Calls `kill` when this process ends; returns a function that cancels it. */
export const killAtExit = (kill: () => void): (() => void) => {
  if (killers.size === 0) process.once('exit', killAll);
  killers.add(kill);
  return () => {
    killers.delete(kill);
    if (killers.size === 0) process.off('exit', killAll);
  };
};

const killAll = (): void => {
  for (const kill of killers) kill();
};
