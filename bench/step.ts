// One step: one offered rate for some seconds, and what came of it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cores, Pace, PublishedCount, Received, Room, System, Totals } from './system.js';
import type { Child } from './child.js';
import { busyMsOf, cpuMsOf, residentMbOf } from './machine.js';

const p99MaxMs = 100;
const deliveredMin = 0.98;
const generatorMax = 0.9;
const drainWithinMs = 10_000;

/** What was measured. Shares are of one core, rates a second, latencies in milliseconds. */
export type Figures = Awaited<ReturnType<typeof measure>>;

export interface Verdict {
  /** Why the step does not count; null: it does. */
  readonly failed: string | null;
  /** The system under test, or what surrounds it; only the first says anything about the system. */
  readonly limitedBy: 'bench' | 'system' | null;
}

export type Step = Figures & Verdict;

export const runStep = async (room: Room, rate: number, pace: Pace): Promise<Step> => {
  const figures = await measure(room, rate, pace);
  return { ...figures, ...verdictOf(figures) };
};

const measure = async ({ system, listeners, sockets, cores }: Room, rate: number, { warmUpMs, measureMs }: Pace) => {
  const totalBefore = await listeners.ask<Totals>('total');
  const { published: publishedBefore } = await system.publisher.ask<PublishedCount>(`rate ${rate}`);
  await sleep(warmUpMs);
  const before = await readings(system, cores);
  await listeners.ask('begin');
  await sleep(measureMs);
  const received = await listeners.ask<Received>('end');
  const after = await readings(system, cores);
  const { published: publishedAfter } = await system.publisher.ask<PublishedCount>('rate 0');
  const published = publishedAfter - publishedBefore;
  const totalAfter = await drained(listeners, totalBefore.total + published * sockets);

  const elapsedMs = after.at - before.at;
  const gatewayMs = after.gatewayMs - before.gatewayMs;
  const share = (ms: number): number => round(ms / elapsedMs, 3);
  return {
    offered: rate * sockets,
    offeredReally: Math.round(((after.published - before.published) * 1000 * sockets) / elapsedMs),
    deliveries: Math.round((received.deliveries * 1000) / received.elapsedMs),
    p50: received.p50,
    p99: received.p99,
    max: received.max,
    samples: received.samples,
    frameBytes: received.deliveries === 0 ? 0 : round(received.bytes / received.deliveries, 1),
    gateway: share(gatewayMs),
    gatewayMb: residentMbOf(system.pid),
    perGatewaySecond: gatewayMs === 0 ? 0 : Math.round(received.deliveries / (gatewayMs / 1000)),
    generator: round(received.cpuMs / received.elapsedMs, 3),
    publisher: share(after.publisherMs - before.publisherMs),
    otherOnGatewayCore: Math.max(0, share(after.gatewayCoreMs - before.gatewayCoreMs - gatewayMs)),
    restCore: share(after.restCoreMs - before.restCoreMs),
    published,
    missing: totalBefore.total + published * sockets - totalAfter.total,
    lost: totalAfter.lost - totalBefore.lost,
    doubled: totalAfter.doubled - totalBefore.doubled,
    closed: totalAfter.closed,
  };
};

const readings = async (system: System, cores: Cores) => {
  const { published, cpuMs: publisherMs } = await system.publisher.ask<PublishedCount>('count');
  return {
    at: performance.now(),
    gatewayMs: cpuMsOf(system.pid),
    gatewayCoreMs: busyMsOf(cores.gateway),
    restCoreMs: busyMsOf(cores.rest),
    published,
    publisherMs,
  };
};

/** Waits until everything published was received by all, or until no more comes. */
const drained = async (listeners: Child, expected: number): Promise<Totals> => {
  let last = await listeners.ask<Totals>('total');
  let still = 0;
  for (let waited = 0; last.total < expected && waited < drainWithinMs && still < 10; waited += 50) {
    await sleep(50);
    const now = await listeners.ask<Totals>('total');
    still = now.total === last.total ? still + 1 : 0;
    last = now;
  }
  return last;
};

const verdictOf = (figures: Figures): Verdict => {
  const { generator, offered, offeredReally, deliveries, p99, lost, doubled, missing, closed } = figures;
  if (generator >= generatorMax) return { failed: 'the generator has no time left', limitedBy: 'bench' };
  if (offeredReally < offered * deliveredMin) return { failed: 'the publisher has no time left', limitedBy: 'bench' };
  if (lost + doubled > 0 || missing !== 0) return { failed: 'lost or doubled', limitedBy: 'system' };
  if (closed > 0) return { failed: 'sockets were closed', limitedBy: 'system' };
  if (deliveries < offered * deliveredMin) return { failed: 'fewer delivered than offered', limitedBy: 'system' };
  if (p99 < 0 || p99 > p99MaxMs) return { failed: `p99 above ${p99MaxMs} ms`, limitedBy: 'system' };
  return { failed: null, limitedBy: null };
};

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
