// W3s, W4s: half of what a system takes, for a minute: whether each second is like the others.
import { type Crowd, openCrowd } from '../load/crowd.js';
import { closedLoop, openLoop, type Route } from '../load/drivers.js';
import { runLoad } from '../load/load-step.js';
import { correctness } from '../load/verdict.js';
import { median } from '../report.js';
import { durableSends } from './durable-sends.js';
import { oneToOne } from './one-to-one.js';
import { warmUp } from './rate-ramp.js';
import type { Measured, Place, Workload } from './workload.js';

type Counted = 'delivery' | 'acknowledgement';

const pace = { full: { warmUpMs: 3_000, measureMs: 60_000 }, quick: { warmUpMs: 1_000, measureMs: 12_000 } };
const search = { full: { warmUpMs: 1_000, measureMs: 4_000 }, quick: { warmUpMs: 500, measureMs: 1_500 } };
const share = 0.5;
const bytesDefault = 128;

/** Of the p99 of each second: the worst beside the median. */
export const unevenness = (seconds: readonly number[]) => {
  const [worst, middle] = [Math.max(...seconds), median(seconds)];
  return { worst, median: middle, ratio: Number((worst / middle).toFixed(2)) };
};

const measure = async (place: Place, crowd: Crowd, routes: readonly Route[], counted: Counted): Promise<Measured> => {
  const { target, quick, bytes = bytesDefault, report } = place;
  const size = quick ? 'quick' : 'full';
  await warmUp(crowd, routes, bytes);
  const most = await runLoad({ target, crowd, driver: closedLoop(routes, 1), pace: search[size], bytes });
  const rate = Math.max(1, Math.round(most.acknowledgedPerSecond * share));
  const step = await runLoad({ target, crowd, driver: openLoop(routes, rate), pace: pace[size], bytes });
  const { failed } = correctness(step);
  const seconds = unevenness(step.secondsP99[counted]);
  const { p50, p99 } = step[counted];
  report(
    `${rate}/s: p99 of the worst second ${seconds.worst} ms, of the median one ${seconds.median} ms ${failed ?? ''}`,
  );
  const value = failed === null ? seconds.ratio : null;
  const raw = { rate, seconds, search: most, step };
  const note = `at ${rate}/s`;
  return { variant: 'half of the best rate', value, p50, p99, failed, note, cpu: step.cpu, raw };
};

const steady = (
  of: Workload,
  routesOf: (members: Place['seating']['members']) => readonly Route[],
  counted: Counted,
): Workload => ({
  title: `${of.title}; at half of the best rate over a minute`,
  unit: "times the median second's p99 in the worst second",
  lowerIsBetter: true,
  fresh: false,
  populate: of.populate,
  measure: async (place) => {
    const crowd = await openCrowd(place.target, place.seating);
    try {
      return [await measure(place, crowd, routesOf(place.seating.members), counted)];
    } finally {
      await crowd.close();
    }
  },
});

export const steadyOneToOne = steady(
  oneToOne,
  (members) => [0, 1].flatMap((side) => members.map((_, channel) => ({ client: 2 * channel + side, channel }))),
  'delivery',
);
export const steadySends = steady(
  durableSends,
  (members) => members.map((_, channel) => ({ client: channel, channel })),
  'acknowledgement',
);
