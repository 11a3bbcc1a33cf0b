// A rolling restart loses nothing and spreads reconnections: 2,000 SDK sockets receive 500 messages a second while every process of the
// stack is stopped and started again, one by one. Then everything that was sent and received is counted. `--compose` does it to the
// containers of the compose file, through its one port (`--no-build` takes the images as they are).
import { cpSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stackServices, startStack } from '@parley/testing';
import { openProject } from './compose/project.js';
import { openLoad, type Return, returnsOf, startSending, verifyLoad } from './delivery/load.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { flag, flagOn, readOptions, seedOf, text, whole } from './proof/options.js';
import { seeded } from './proof/random.js';

// The defaults are the charts': global.drainSeconds 20, a quarter of it unready.
const { values } = readOptions({
  sockets: whole('SDK sockets (2000)'),
  rate: whole('messages a second (500; with --compose 200)'),
  seed: whole('repeats a run', 0),
  'drain-ms': whole('PARLEY_DRAIN_MS (20000)', 0),
  'unready-ms': whole('PARLEY_SHUTDOWN_DELAY_MS (a quarter of --drain-ms)', 0),
  logs: text('<folder>', 'where the logs of the processes are kept'),
  compose: flag('rolls the containers of the compose file'),
  build: flagOn('takes the images that are there (--compose)'),
});
const { sockets: socketCount = 2_000, logs } = values;
// Containers, proxy and clients share a machine, so that there is less of it for each.
const rate = values.rate ?? (values.compose ? 200 : 500);
const drainMs = values['drain-ms'] ?? 20_000;
const unreadyMs = values['unready-ms'] ?? drainMs / 4;
/** As the charts calculate it: both, 10 s for what is in flight and 5 s for the rest. */
const graceMs = drainMs + unreadyMs + 15_000;
const seed = seedOf(values.seed);
/** The busiest second has at most this many times the reconnections of a second if all were spread evenly. */
const busiestMax = 3;

/** A process or container that is stopped and started again. */
interface Restartable {
  readonly service: string;
  stop(withinMs: number): Promise<number | null>;
  start(): Promise<unknown>;
}
type Restartables = readonly (readonly [string, Restartable])[];

interface Rolled {
  readonly name: string;
  readonly service: string;
  readonly code: number | null;
  readonly began: number;
  readonly readyAt: number;
}

/** One process after the other, as a supervisor would roll them: the next one goes when the last one is ready. */
const rollAll = async (processes: Restartables): Promise<Rolled[]> => {
  const rolled: Rolled[] = [];
  for (const [name, process] of processes) {
    const began = performance.now();
    const code = await process.stop(graceMs);
    const stoppedAt = performance.now();
    await process.start();
    const readyAt = performance.now();
    rolled.push({ name, service: process.service, code, began, readyAt });
    const [stopSeconds, startSeconds] = [stoppedAt - began, readyAt - stoppedAt].map((ms) => (ms / 1000).toFixed(1));
    console.log(`  … ${name}: stopped in ${stopSeconds} s, ready again in ${startSeconds} s`);
    await sleep(1_000);
  }
  return rolled;
};

const busiestSecond = (times: readonly number[]): number => {
  const sorted = times.toSorted((a, b) => a - b);
  const inSecondBefore = (end: number): number => sorted.filter((each) => each >= end - 1000 && each <= end).length;
  return Math.max(0, ...sorted.map(inSecondBefore));
};

const verifyReconnections = (returns: readonly Return[], rolled: readonly Rolled[]): void => {
  const untidy = rolled.filter(({ code }) => code !== 0).map(({ name, code }) => `${name} (${code})`);
  check(`every process ended with 0: ${untidy.join(', ') || 'yes'}`, untidy.length === 0);
  for (const { name, began, readyAt } of rolled.filter(({ service }) => service === 'gateway')) {
    const back = returns.filter(({ at }) => at >= began && at < readyAt + 1_000).map(({ at }) => at);
    const busiest = busiestSecond(back);
    figure(`${name}: sockets that moved; in the busiest second`, `${back.length}; ${busiest}`);
    const evenly = back.length / (drainMs / 1000);
    const what = `${name}: the busiest second has at most ${busiestMax} times an even one`;
    check(what, busiest <= Math.max(50, busiestMax * evenly));
  }
  const elsewhere = returns.filter(({ at }) =>
    rolled.some(({ service, began, readyAt }) => service !== 'gateway' && at >= began && at < readyAt),
  );
  check('no socket moves while something else than a gateway restarts', elsewhere.length === 0);
};

interface Platform {
  readonly urls: readonly string[];
  readonly processes: Restartables;
}

const scale = { auth: 2, topics: 2, chat: 2, signaling: 2, gateway: 2 };
const timing = { PARLEY_DRAIN_MS: String(drainMs), PARLEY_SHUTDOWN_DELAY_MS: String(unreadyMs) };

const startProcesses = async (): Promise<Platform> => {
  const stack = await startStack({ scale, environment: timing });
  afterwards(() => stack.stop());
  if (logs) afterwards(() => cpSync(stack.logFolder, logs, { recursive: true }));
  return { urls: stack.urls, processes: [...stack.processes] };
};

const startContainers = async (): Promise<Platform> => {
  const project = await openProject(timing);
  project.introduce('rolled container by container');
  if (values.build) await project.build();
  afterwards(async () => check('down again, nothing is left', await project.down()));
  await project.up(scale);
  check('every container becomes healthy', await project.allHealthy());
  const containers = (await Promise.all(stackServices.map((service) => project.running(service)))).flat();
  return {
    urls: [project.url],
    processes: containers.map((each) => [project.nameOf(each), project.replica(each)] as const),
  };
};

await prove(
  async () => {
    console.log(`  seed ${seed}, drained over ${drainMs} ms, unready for ${unreadyMs} ms`);
    const { urls, processes } = await (values.compose ? startContainers() : startProcesses());
    const load = await openLoad(urls, { socketCount, random: seeded(seed) });
    const sending = startSending(load, rate);
    await sleep(3_000);
    const rolled = await rollAll(processes);
    await verifyLoad(load, await sending.stop());
    verifyReconnections(returnsOf(load), rolled);
  },
  { withinMs: values.compose ? 1_500_000 : 480_000 },
);
finish();
