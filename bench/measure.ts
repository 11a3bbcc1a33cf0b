// What `npm run bench` runs without another word: a workload.
// First: what is asked wrongly is answered before the others run.
import { chosen } from './options.js';
import { runHotRoom } from './hot-room.js';
import { workloads } from './workloads/index.js';
import { runWorkload } from './workloads/run-workload.js';

const run = (): Promise<boolean> =>
  chosen.kind === 'hot room'
    ? runHotRoom(chosen.options)
    : runWorkload(chosen.name, workloads[chosen.name], chosen.options);

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
