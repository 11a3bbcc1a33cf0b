// What W2 and W3 share: messages at a rate that is raised until a step fails.
import pMap from 'p-map';
import { type Crowd, openCrowd } from '../load/crowd.js';
import { openLoop, type Route } from '../load/drivers.js';
import { runLoad } from '../load/load-step.js';
import { atRate, breaksGuarantee } from '../load/verdict.js';
import { stampText } from '../load/stamp.js';
import { climb } from '../ramp.js';
import type { Plan } from '../system.js';
import type { Measured, Place } from './workload.js';

const full = { attempts: 2, factor: 1.4, stepsMax: 22, pace: { warmUpMs: 1_000, measureMs: 5_000 } };
const quick = { attempts: 1, factor: 3, stepsMax: 5, pace: { warmUpMs: 500, measureMs: 1_500 } };

const bytesDefault = 128;
const warmUpAtOnce = 16;

/** What keeps nothing is far from its limit where a durable system begins. */
const memoryFactor = 4;

/** `firstRate` in messages a second, of a system that stores them. */
export const rampOf = ({ quick: isQuick, target }: Place, firstRate: number): Plan => ({
  ...(isQuick ? quick : full),
  firstRate: target.name === 'socket.io-memory' ? memoryFactor * firstRate : firstRate,
});

interface Ramp {
  readonly place: Place;
  readonly crowd: Crowd;
  /** Who writes to what, in turn. */
  readonly routes: readonly Route[];
  readonly plan: Plan;
}

const climbFrom = (firstRate: number, { place, crowd, routes, plan }: Ramp) => {
  const { target, seating, bytes = bytesDefault, report } = place;
  const perMessage = seating.members[0]?.length ?? 0;
  return climb(
    async (rate) => {
      const step = await runLoad({ target, crowd, driver: openLoop(routes, rate), pace: plan.pace, bytes });
      const verdict = atRate(step, rate, perMessage);
      return { ...step, ...verdict, deliveries: step.deliveriesPerSecond, closed: step.lostConnections };
    },
    { ...plan, firstRate },
    ({ rate, deliveries, delivery, failed }) =>
      report(`${rate} messages/s: ${deliveries} deliveries/s, p99 ${delivery.p99} ms ${failed ?? ''}`),
  );
};

const measuredOf = async (ramp: Ramp, counted: 'messages' | 'deliveries'): Promise<Measured> => {
  const { plan, crowd } = ramp;
  const above = await climbFrom(plan.firstRate, ramp);
  // On a machine that is slower than the first rate needs, or busy.
  const below = above.best === null && crowd.lost.size === 0 ? await climbFrom(plan.firstRate / 4, ramp) : null;
  const { best, endedBy } = below ?? above;
  const steps = [...above.steps, ...(below?.steps ?? [])];
  const broken = steps.find(breaksGuarantee);
  const failed = broken ? `${broken.failed} at ${broken.rate}/s` : best ? null : (steps[0]?.failed ?? 'no step');
  const value = counted === 'messages' ? best?.rate : best?.deliveries;
  return {
    variant: 'best rate',
    value: failed === null ? (value ?? null) : null,
    p50: best?.delivery.p50 ?? null,
    p99: best?.delivery.p99 ?? null,
    failed,
    note: `ramp ended by: ${endedBy}`,
    cpu: best?.cpu ?? {},
    raw: { endedBy, steps },
  };
};

/** Everyone writes once, so that no step pays for what only the first message of each costs. */
export const warmUp = async (crowd: Crowd, routes: readonly Route[], bytes = bytesDefault): Promise<void> => {
  const text = stampText({ step: 0, channel: 0, sequence: 0, micros: 0 }, bytes);
  await pMap(routes, ({ client, channel }) => crowd.send(client, channel, text), { concurrency: warmUpAtOnce });
};

/** The best rate that counts; a message that is lost or doubled at any rate fails the whole. */
export const measureRamp = async (
  place: Place,
  routes: readonly Route[],
  plan: Plan,
  counted: 'messages' | 'deliveries',
): Promise<readonly Measured[]> => {
  const crowd = await openCrowd(place.target, place.seating);
  try {
    await warmUp(crowd, routes, place.bytes);
    return [await measuredOf({ place, crowd, routes, plan }, counted)];
  } finally {
    await crowd.close();
  }
};
