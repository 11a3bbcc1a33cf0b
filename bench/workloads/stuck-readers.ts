// W8: one of a hundred clients stops reading, by turns. What do the others notice?
import { type Crowd, openCrowd } from '../load/crowd.js';
import { openLoop } from '../load/drivers.js';
import { type LoadStep, runLoad } from '../load/load-step.js';
import { correctness } from '../load/verdict.js';
import { residentMbOf } from '../machine.js';
import { median } from '../report.js';
import { warmUp } from './rate-ramp.js';
import { roomsOf50 } from './connections.js';
import type { Measured, Place, Workload } from './workload.js';

const counts = { full: 1_000, quick: 200 };
const stuckShare = 0.01;
/** To each room; with this size a stuck client misses some megabytes in a step. */
const messagesPerSecond = 10;
const bytesDefault = 4_096;
/**
 * They stop and read on by turns: within a minute the p99 of one and the same load varies more than the effect that is looked for, by what the
 * database does in the background.
 */
const turns = { full: 5, quick: 2 };
const pace = { full: { warmUpMs: 2_000, measureMs: 8_000 }, quick: { warmUpMs: 1_000, measureMs: 3_000 } };

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
  const beforeMb = residentMbOf(target.edge);
  const all: { readonly free: LoadStep; readonly stuck: LoadStep }[] = [];
  for (let turn = 0; turn < (quick ? turns.quick : turns.full); turn += 1) {
    const free = await run();
    for (const client of stuck) crowd.clients[client]?.pause();
    all.push({ free, stuck: await run() });
    for (const client of stuck) crowd.clients[client]?.resume();
  }
  const grownMb = residentMbOf(target.edge) - beforeMb;
  const failed = all.flatMap((turn) => [turn.free, turn.stuck]).map((step) => correctness(step).failed);
  const why = failed.find((one) => one !== null) ?? null;
  const p99Of = (which: 'free' | 'stuck'): number => median(all.map((turn) => turn[which].delivery.p99));
  const value = Number(median(all.map((turn) => turn.stuck.delivery.p99 / turn.free.delivery.p99)).toFixed(3));
  const closed = [...crowd.lost].filter((client) => stuck.has(client)).length;
  report(
    `${stuck.size} of ${seating.headers.length} stuck by turns: p99 of the others ${p99Of('free')} ms without, ${p99Of('stuck')} ms with them, ${value} in the median of ${all.length} turns ${why ?? ''}`,
  );
  const note = `${closed} of ${stuck.size} stuck connections were closed; the process grew by ${grownMb} MB`;
  const [p50, cpu] = [median(all.map((turn) => turn.stuck.delivery.p50)), all.at(-1)?.stuck.cpu ?? {}];
  const raw = { stuck: stuck.size, closed, grownMb, turns: all };
  return { variant: '1 % stuck', value: why ? null : value, p50, p99: p99Of('stuck'), failed: why, note, cpu, raw };
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
