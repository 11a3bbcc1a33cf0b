// What `npm run bench` runs without another word: a workload.
import { chosen } from './options.js';

/** Loaded after the options were read: what is asked wrongly is answered at once. */
const run = async (): Promise<boolean> => {
  if (chosen.kind === 'hot room') return (await import('./hot-room.js')).runHotRoom(chosen.options);
  const [{ workloads }, { runWorkload }] = await Promise.all([
    import('./workloads/index.js'),
    import('./workloads/run-workload.js'),
  ]);
  return runWorkload(chosen.name, workloads[chosen.name], chosen.options);
};

// Each process of each round has one for its end.
process.setMaxListeners(0);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
run().then(
  (complete) => {
    process.exitCode = complete ? 0 : 1;
  },
  (error: Error) => {
    console.error(`The bench ended early: ${error.message}`);
    process.exitCode = 1;
  },
);
