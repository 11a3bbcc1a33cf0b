// Rounds of one workload: in each, every system in turn carries the load while the others are idle.
import { writeFileSync } from 'node:fs';
import type { Seating, Target, TargetName } from '../targets/target.js';
import { profileEnvironment } from '../profile-environment.js';
import { startTargets, type Targets } from '../targets/start-targets.js';
import { describeMachine, versionsOf } from '../versions.js';
import { type Result, summaryOf } from './summary.js';
import { comparedIn, type Measured, type Workload, type WorkloadName, type WorkloadOptions } from './workload.js';

export interface RunOptions extends WorkloadOptions {
  readonly runs: number;
  readonly systems: readonly TargetName[];
  /** A file for everything that was measured. */
  readonly out: string | undefined;
  /** Where V8 profiles of the processes are written. */
  readonly profileFolder: string | undefined;
}

interface Place {
  readonly target: Target;
  readonly seating: Seating;
}

interface Prepared {
  readonly places: readonly Place[];
  readonly stop: Targets['stop'];
}

const prepare = async (workload: Workload, options: RunOptions): Promise<Prepared> => {
  const { profileFolder: folder } = options;
  const environment = { ...workload.environment, ...(folder !== undefined && profileEnvironment(folder)) };
  const targets = await startTargets(options.systems, { ...workload, environment });
  try {
    const population = workload.populate(options);
    const places: Place[] = [];
    for (const target of targets.all) places.push({ target, seating: await target.seat(population) });
    return { places, stop: targets.stop };
  } catch (error) {
    await targets.stop();
    throw error;
  }
};

const measureOne = async (workload: Workload, place: Place, options: RunOptions): Promise<readonly Measured[]> => {
  const { name } = place.target;
  console.log(name);
  try {
    return await workload.measure({ ...place, ...options, report: (line) => console.log(`  ${line}`) });
  } catch (error) {
    // What the others find is kept.
    const failed = (error as Error).message;
    console.error(`  ${failed}`);
    return [{ variant: 'error', value: null, p50: null, p99: null, failed, note: null, cpu: {}, raw: null }];
  }
};

/** Resolves with whether every round of every system counted. */
export const runWorkload = async (name: WorkloadName, workload: Workload, options: RunOptions): Promise<boolean> => {
  const machine = describeMachine();
  const { clients, members } = workload.populate(options);
  const sizes = `${clients} clients, ${members.length} channels`;
  console.log(`${name}: ${workload.title}\n${sizes}; ${JSON.stringify(machine)}`);
  const results: Result[] = [];
  let versions: Readonly<Record<string, string>> = {};
  let prepared: Prepared | null = null;
  const keep = () => {
    const summary = summaryOf(workload, comparedIn[name], results);
    // After each system, so that a long series that is cut off leaves what it found.
    const all = { workload: name, title: workload.title, machine, versions, options, summary, results };
    if (options.out) writeFileSync(options.out, JSON.stringify(all, null, 2));
    return summary;
  };
  try {
    for (let round = 0; round < options.runs; round += 1) {
      if (workload.fresh) await prepared?.stop();
      if (workload.fresh || prepared === null) prepared = await prepare(workload, options);
      versions = versionsOf(new Map(prepared.places.flatMap(({ target }) => [...target.processes])));
      console.log(`\nround ${round + 1} of ${options.runs}`);
      // Who begins alternates, so that what else the machine does hits all.
      for (const place of round % 2 === 0 ? prepared.places.toReversed() : prepared.places) {
        const found = await measureOne(workload, place, options);
        results.push(...found.map((one) => ({ round, target: place.target.name, ...one })));
        keep();
      }
    }
  } finally {
    await prepared?.stop();
  }
  const summary = keep();
  console.log(`\n${JSON.stringify(versions)}\n${summary.text}\n${Math.round(performance.now() / 1000)} s in all`);
  return summary.complete;
};
