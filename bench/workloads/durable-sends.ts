// W4: each sender writes to a channel of its own and waits for the acknowledgement, which follows the commit.
import { openCrowd } from '../load/crowd.js';
import { closedLoop, type Route } from '../load/drivers.js';
import { type LoadStep, runLoad } from '../load/load-step.js';
import { correctness } from '../load/verdict.js';
import type { Measured, Place, Workload } from './workload.js';

const channels = { full: 200, quick: 50 };
const pace = { full: { warmUpMs: 2_000, measureMs: 6_000 }, quick: { warmUpMs: 700, measureMs: 2_000 } };

export const durableSends: Workload = {
  title: 'each sender writes to a channel of its own, durable and acknowledged',
  unit: 'acknowledged/s',
  fresh: false,
  populate: ({ quick }) => {
    const count = quick ? channels.quick : channels.full;
    return { clients: count, kind: 'group', members: Array.from({ length: count }, (_, index) => [index]) };
  },
  measure: (place) =>
    sendsOver(
      place,
      place.seating.members.map((_, channel) => ({ client: channel, channel })),
      [1, 4],
    ),
};

/** One figure for each number of sends that a route has in flight. */
export const sendsOver = async (
  { target, seating, quick, bytes = 200, report }: Place,
  routes: readonly Route[],
  inFlights: readonly number[],
): Promise<readonly Measured[]> => {
  const crowd = await openCrowd(target, seating);
  try {
    const found: Measured[] = [];
    for (const inFlight of inFlights) {
      const driver = closedLoop(routes, inFlight);
      const step = await runLoad({ target, crowd, driver, pace: quick ? pace.quick : pace.full, bytes });
      const measured = measuredOf(step, inFlight);
      report(`${measured.variant}: ${step.acknowledgedPerSecond}/s ${measured.failed ?? ''}`);
      found.push(measured);
    }
    return found;
  } finally {
    await crowd.close();
  }
};

const measuredOf = (step: LoadStep, inFlight: number): Measured => {
  const { failed } = correctness(step);
  const { p50, p99 } = step.acknowledgement;
  const value = failed === null ? step.acknowledgedPerSecond : null;
  return { variant: `${inFlight} in flight`, value, p50, p99, failed, note: null, cpu: step.cpu, raw: step };
};
