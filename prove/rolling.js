// A rolling restart loses nothing and storms nobody: 2,000 SDK sockets hear 500 messages a second while every process of the stack is
// told to stop and started again, one by one. Then everything that was said and heard is counted.
import { cpSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './lib/cleanup.js';
import { judgeCrowd, openCrowd, returnsOf, startTalking } from './lib/crowd.js';
import { check, figure, finish } from './lib/figures.js';
import { seeded } from './lib/random.js';

const text = { type: 'string' };
// `--logs <folder>` keeps what the processes wrote. The defaults are the charts': global.drainSeconds 20, a quarter of it unready.
const options = { sockets: text, rate: text, seed: text, 'drain-ms': text, 'unready-ms': text, logs: text };
const { values } = parseArgs({ options });
const socketCount = Number(values.sockets ?? 2_000);
const rate = Number(values.rate ?? 500);
const drainMs = Number(values['drain-ms'] ?? 20_000);
const unreadyMs = Number(values['unready-ms'] ?? drainMs / 4);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
/** So many sockets come back within the busiest second, at most, for one that would if all were spread evenly. */
const stormMax = 3;

/** One process after the other, as a supervisor would roll them: the next one goes when the last one is ready. */
const rollAll = async (processes) => {
  const rolled = [];
  for (const [name, process] of processes) {
    const began = performance.now();
    const code = await process.stop();
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

await prove(
  async () => {
    console.log(`  seed ${seed}, drained over ${drainMs} ms, unready for ${unreadyMs} ms`);
    const environment = { PARLEY_DRAIN_MS: String(drainMs), PARLEY_UNREADY_MS: String(unreadyMs) };
    const scale = { auth: 2, topics: 2, chat: 2, signaling: 2, gateway: 2 };
    const stack = await startStack({ scale, environment });
    afterwards(() => stack.stop());
    if (values.logs) afterwards(() => cpSync(stack.logFolder, values.logs, { recursive: true }));
    const crowd = await openCrowd(stack.urls, { socketCount, random: seeded(seed) });
    const talking = startTalking(crowd, rate);
    await sleep(3_000);
    const rolled = await rollAll(stack.processes);
    const said = await talking.stop();
    await judgeCrowd(crowd, said);
    judgeRolling(returnsOf(crowd), rolled);
  },
  { withinMs: 480_000 },
);
finish();
