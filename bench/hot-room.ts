// W1: one room, its messages published straight to the gateway's broker; see README.md.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { BenchOptions } from './options.js';
import type { Child } from './child.js';
import { pin, prefer } from './machine.js';
import { type Generator, prepareListeners, startListeners } from './listeners-start.js';
import { climb } from './ramp.js';
import { heading, lineOf, type Run, summaryOf } from './report.js';
import { runStep } from './step.js';
import type { FanOutServer, Plan, System, SystemName } from './system.js';
import { programOf, startFanOut } from './systems/fan-out.js';
import { startParley } from './systems/parley.js';
import { startSocketIo } from './systems/socket-io.js';
import { describeMachine } from './versions.js';

const fanOut = (name: FanOutServer) => (options: BenchOptions) => startFanOut(name, options);
const systems: Readonly<Record<SystemName, (options: BenchOptions) => Promise<System>>> = {
  'socket.io': startSocketIo,
  parley: startParley,
  nats: fanOut('nats'),
  mosquitto: fanOut('mosquitto'),
  centrifugo: fanOut('centrifugo'),
};
const cores = { gateway: 0, rest: 1 };

type Ran = Omit<Run, 'round'>;

const runOnce = async (name: SystemName, plan: Plan, options: BenchOptions, generator: Generator): Promise<Ran> => {
  console.log(`\n${name}\n${heading}`);
  const system = await systems[name](options);
  let listeners: Child | undefined;
  try {
    pin(system.pid, cores.gateway);
    listeners = await startListeners(generator, system.endpoint, options);
    if (options.prefer) for (const pid of [process.pid, listeners.pid, ...system.pids]) prefer(pid);
    const room = { system, listeners, sockets: options.sockets, cores };
    return {
      system: name,
      ...(await climb(
        (rate) => runStep(room, rate, plan.pace),
        plan,
        (step) => console.log(lineOf(step)),
      )),
    };
  } finally {
    await listeners?.stop();
    await system.stop();
  }
};

/** The one rate that was the best of the system before; without one a ramp. */
const planAfter = (plan: Plan, rate: number | undefined): Plan =>
  rate === undefined ? plan : { ...plan, firstRate: rate, stepsMax: 1 };

const runAll = async (options: BenchOptions, generator: Generator, keep: (runs: readonly Run[]) => void) => {
  const runs: Run[] = [];
  // In W1b the peer comes first: its best rate is what the other one carries.
  const isAlternating = options.workload === 'W1';
  for (let round = 0; round < options.runs; round += 1) {
    // Who begins alternates, so that what else the machine does hits both.
    const order = isAlternating && round % 2 === 1 ? options.systems.toReversed() : options.systems;
    let best: number | undefined;
    for (const name of order) {
      const plan = isAlternating ? options.plans[name] : planAfter(options.plans[name], best);
      const run = await runOnce(name, plan, options, generator).catch((error: Error): Ran => {
        console.error(`${name}: ${error.message}`);
        // What the other rounds found is kept.
        return { system: name, best: null, steps: [], endedBy: `an error: ${error.message}` };
      });
      best ??= run.best?.rate;
      runs.push({ round, ...run });
      keep(runs);
    }
  }
  return runs;
};

/** Without the servers whose programs are not on this machine. */
const systemsHere = async (names: readonly SystemName[]): Promise<readonly SystemName[]> => {
  const here = await Promise.all(
    names.map(async (name) => name === 'parley' || name === 'socket.io' || (await programOf(name)) !== null),
  );
  for (const name of names.filter((_, index) => !here[index])) console.log(`${name} is left out: it is not on PATH.`);
  return names.filter((_, index) => here[index]);
};

/** Resolves with whether every ramp had a step that counts. */
export const runHotRoom = async (asked: BenchOptions): Promise<boolean> => {
  const options = { ...asked, systems: await systemsHere(asked.systems) };
  if (cpus().length < 2) throw new Error('Two cores are needed: one for the system under test, one for all else');
  // Everything started from here on shares the second core; the systems under test are then moved to the first.
  pin(process.pid, cores.rest);
  const generator = prepareListeners(options.node);
  process.on('exit', () => generator.remove());
  const machine = { ...describeMachine(), generator: generator.language };
  console.log(
    `${options.workload}: one room × ${options.sockets} sockets, ${options.payloadBytes} bytes said. ${JSON.stringify(machine)}`,
  );
  const keep = (runs: readonly Run[]) => {
    const summary = summaryOf(runs, options);
    // After each ramp, so that a long series that is cut off leaves what it found.
    if (options.out)
      writeFileSync(
        options.out,
        JSON.stringify({ workload: options.workload, machine, options, summary, runs }, null, 2),
      );
    return summary;
  };
  const summary = keep(await runAll(options, generator, keep));
  console.log(`\n${summary.text}\n${Math.round(performance.now() / 1000)} s in all`);
  return summary.complete;
};
