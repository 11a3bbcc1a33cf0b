// A rolling restart loses nothing and storms nobody: 2,000 SDK sockets hear 500 messages a second while every process of the stack is
// told to stop and started again, one by one. Then everything that was said and heard is counted. `--compose` does it to the containers
// of the compose file, through its one port (`--no-build` takes the images as they are).
import { cpSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stackServices, startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { openProject } from './compose/project.js';
import { judgeCrowd, openCrowd, returnsOf, startTalking } from './delivery/load.js';
import { check, figure, finish } from './proof/figures.js';
import { seeded } from './proof/random.js';
import { readOptions, text, whole } from './proof/options.js';

// `--logs <folder>` keeps what the processes wrote. The defaults are the charts': global.drainSeconds 20, a quarter of it unready.
const { values } = readOptions({
  sockets: whole('SDK sockets (2000)'),
  rate: whole('messages a second (500; with --compose 200)'),
  seed: whole('repeats a run', 0),
  'drain-ms': whole('PARLEY_DRAIN_MS (20000)', 0),
  'unready-ms': whole('PARLEY_UNREADY_MS (a quarter of --drain-ms)', 0),
  logs: text('<folder>', 'where the logs of the processes are kept'),
  compose: { type: 'boolean', help: 'rolls the containers of the compose file' },
  build: { type: 'boolean', default: true, help: 'takes the images that are there (--compose)' },
});
const socketCount = Number(values.sockets ?? 2_000);
// Containers, proxy and clients share a machine, so that there is less of it for each.
const rate = Number(values.rate ?? (values.compose ? 200 : 500));
const drainMs = Number(values['drain-ms'] ?? 20_000);
const unreadyMs = Number(values['unready-ms'] ?? drainMs / 4);
/** As the charts reckon: both, 10 s for what is in flight and 5 s for the rest. */
const graceMs = drainMs + unreadyMs + 15_000;
const seed = Number(values.seed ?? Date.now() % 1_000_000);
/** So many sockets come back within the busiest second, at most, for one that would if all were spread evenly. */
const stormMax = 3;

/** One process after the other, as a supervisor would roll them: the next one goes when the last one is ready. */
const rollAll = async (processes) => {
  const rolled = [];
  for (const [name, process] of processes) {
    const began = performance.now();
    const code = await process.stop(graceMs);
    const stoppedAt = performance.now();
    await process.start();
    const readyAt = performance.now();
    rolled.push({ name, service: process.service, code, began, stoppedAt, readyAt });
    const [stopS, startS] = [stoppedAt - began, readyAt - stoppedAt].map((ms) => (ms / 1000).toFixed(1));
    console.log(`  … ${name}: stopped in ${stopS} s, ready again in ${startS} s`);
    await sleep(1_000);
  }
  return rolled;
};

const busiestSecond = (times) => {
  const sorted = [...times].sort((a, b) => a - b);
  let [busiest, first] = [0, 0];
  sorted.forEach((at, index) => {
    while (sorted[first] < at - 1000) first += 1;
    busiest = Math.max(busiest, index - first + 1);
  });
  return busiest;
};

const judgeRolling = (returns, rolled) => {
  const untidy = rolled.filter(({ code }) => code !== 0).map(({ name, code }) => `${name} (${code})`);
  check(`every process ended with 0: ${untidy.join(', ') || 'yes'}`, untidy.length === 0);
  for (const { name, began, readyAt } of rolled.filter(({ service }) => service === 'gateway')) {
    const back = returns.filter(({ at }) => at >= began && at < readyAt + 1_000).map(({ at }) => at);
    const busiest = busiestSecond(back);
    figure(`${name}: sockets that moved; in the busiest second`, `${back.length}; ${busiest}`);
    const evenly = back.length / (drainMs / 1000);
    const what = `${name}: the busiest second has at most ${stormMax} times an even one`;
    check(what, busiest <= Math.max(50, stormMax * evenly));
  }
  const elsewhere = returns.filter(({ at }) =>
    rolled.some(({ service, began, readyAt }) => service !== 'gateway' && at >= began && at < readyAt),
  );
  check('no socket moves while something else than a gateway restarts', elsewhere.length === 0);
};

const scale = { auth: 2, topics: 2, chat: 2, signaling: 2, gateway: 2 };
const timing = { PARLEY_DRAIN_MS: String(drainMs), PARLEY_UNREADY_MS: String(unreadyMs) };

const startProcesses = async () => {
  const stack = await startStack({ scale, environment: timing });
  afterwards(() => stack.stop());
  if (values.logs) afterwards(() => cpSync(stack.logFolder, values.logs, { recursive: true }));
  return { urls: stack.urls, processes: [...stack.processes] };
};

const startContainers = async () => {
  const project = await openProject(timing);
  project.introduce('rolled container by container');
  if (values.build) await project.build();
  afterwards(async () => check('down again, nothing is left', await project.down()));
  await project.up(scale);
  check('every container becomes healthy', await project.allHealthy());
  const containers = (await Promise.all(stackServices.map((service) => project.running(service)))).flat();
  return { urls: [project.url], processes: containers.map((each) => [project.nameOf(each), project.replica(each)]) };
};

await prove(
  async () => {
    console.log(`  seed ${seed}, drained over ${drainMs} ms, unready for ${unreadyMs} ms`);
    const { urls, processes } = await (values.compose ? startContainers() : startProcesses());
    const crowd = await openCrowd(urls, { socketCount, random: seeded(seed) });
    const talking = startTalking(crowd, rate);
    await sleep(3_000);
    const rolled = await rollAll(processes);
    const said = await talking.stop();
    await judgeCrowd(crowd, said);
    judgeRolling(returnsOf(crowd), rolled);
  },
  { withinMs: values.compose ? 1_500_000 : 480_000 },
);
finish();
