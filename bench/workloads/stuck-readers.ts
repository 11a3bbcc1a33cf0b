// W8: one of a hundred clients stops reading. What do the others notice?
import { type Crowd, openCrowd } from '../load/crowd.js';
import { openLoop } from '../load/drivers.js';
import { runLoad } from '../load/load-step.js';
import { correctness } from '../load/verdict.js';
import { residentMbOf } from '../machine.js';
import { warmUp } from './rate-ramp.js';
import { roomsOf50 } from './connections.js';
import type { Measured, Place, Workload } from './workload.js';

const counts = { full: 1_000, quick: 200 };
const stuckShare = 0.01;
/** To each room; with this size a stuck client misses some megabytes in a step. */
const messagesPerSecond = 10;
const bytesDefault = 4_096;
const pace = { full: { warmUpMs: 2_000, measureMs: 20_000 }, quick: { warmUpMs: 1_000, measureMs: 6_000 } };

/** The same load, without those from whom nothing is expected any more: the server may close them. */
const without = (crowd: Crowd, stuck: ReadonlySet<number>): Crowd => ({
  ...crowd,
  members: crowd.members.map((clients) => clients.filter((client) => !stuck.has(client))),
  get lost() {
    return new Set([...crowd.lost].filter((client) => !stuck.has(client)));
  },
  onDelivery: (listener) => crowd.onDelivery((client, stamp) => !stuck.has(client) && listener(client, stamp)),
});

const measure = async (place: Place, crowd: Crowd): Promise<Measured> => {
  const { target, seating, quick, bytes = bytesDefault, report } = place;
  const every = Math.round(1 / stuckShare);
  const stuck = new Set(seating.headers.map((_, client) => client).filter((client) => client % every === every - 1));
  const routes = seating.members.flatMap((clients, channel) =>
    clients.slice(0, 10).map((client) => ({ client, channel })),
  );
  const driver = openLoop(routes, messagesPerSecond * seating.members.length);
  const others = without(crowd, stuck);
  const run = () => runLoad({ target, crowd: others, driver, pace: quick ? pace.quick : pace.full, bytes });
  await warmUp(crowd, routes, bytes);
  const before = await run();
  const beforeMb = residentMbOf(target.edge);
  for (const client of stuck) crowd.clients[client]?.pause();
  const after = await run();
  const afterMb = residentMbOf(target.edge);
  const failed = correctness(before).failed ?? correctness(after).failed;
  const value = Number((after.delivery.p99 / before.delivery.p99).toFixed(3));
  const closed = [...crowd.lost].filter((client) => stuck.has(client)).length;
  report(
    `${stuck.size} of ${seating.headers.length} stuck: p99 of the others ${before.delivery.p99} ms before, ${after.delivery.p99} ms after ${failed ?? ''}`,
  );
  const note = `${closed} of ${stuck.size} stuck connections were closed; the process grew by ${afterMb - beforeMb} MB`;
  const { p50, p99 } = after.delivery;
  const raw = { stuck: stuck.size, closed, residentMb: { before: beforeMb, after: afterMb }, before, after };
  return { variant: '1 % stuck', value: failed ? null : value, p50, p99, failed, note, cpu: after.cpu, raw };
};

export const stuckReaders: Workload = {
  title: 'one of a hundred clients stops reading',
  unit: 'times the p99 of the others without it',
  lowerIsBetter: true,
  fresh: true,
  populate: ({ quick, sockets = quick ? counts.quick : counts.full }) => roomsOf50(sockets),
  measure: async (place) => {
    const crowd = await openCrowd(place.target, place.seating);
    try {
      return [await measure(place, crowd)];
    } finally {
      await crowd.close();
    }
  },
};
