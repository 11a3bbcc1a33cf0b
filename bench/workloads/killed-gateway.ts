// W7: the process that holds all connections is killed while messages are delivered; the clients come back at another one and resume.
import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from '../load/client.js';
import { openLoop } from '../load/drivers.js';
import { type Latencies, latenciesOf } from '../load/latencies.js';
import { readings, settled, sharesBetween } from '../load/load-step.js';
import { connectAll, createReturningCrowd, type ReturningCrowd } from '../load/returning-crowd.js';
import { nowMicros, stampText } from '../load/stamp.js';
import type { Seating, Target } from '../targets/target.js';
import { membersOfRoom, roomsOf50 } from './connections.js';
import type { Measured, Place, Workload } from './workload.js';

const counts = { full: 5_000, quick: 300 };
/** Of all connections together. */
const deliveriesPerSecond = { full: 5_000, quick: 1_000 };
const writers = 10;
const openedAtOnce = 64;
const openedWithinMs = 120_000;
const beforeMs = { full: 5_000, quick: 2_000 };
const afterMs = { full: 10_000, quick: 4_000 };
const returnedWithinMs = 60_000;
const unansweredWithinMs = 15_000;
const bytesDefault = 128;
const step = 7_000;

const openWriters = (target: Target, seating: Seating, count: number) =>
  Promise.all(
    seating.headers.slice(count).map((headers) =>
      openClient({
        ...{ url: target.otherUrl ?? target.url, wire: target.wire, headers },
        ...{ onDelivery: () => undefined, onLost: () => undefined },
      }),
    ),
  );

/** Brings each client that lost its connection to the other process. */
const returning = (url: string) => {
  const under: Promise<void>[] = [];
  /** Of each client, from the end of its connection until it was connected and resumed again. */
  const tookMs: number[] = [];
  const until = performance.now() + 10 * returnedWithinMs;
  return {
    add: (crowd: ReturningCrowd, client: number): void => {
      const connect = async () => {
        const from = performance.now();
        await crowd.clients[client]?.comeBack(url, until);
        tookMs.push(performance.now() - from);
      };
      under.push(connect());
    },
    settled: async () => {
      const outcomes = await Promise.allSettled(under);
      return {
        lost: under.length,
        away: outcomes.filter(({ status }) => status === 'rejected').length,
        tookMs: latenciesOf(tookMs),
      };
    },
  };
};

const measure = async ({ target, seating, quick, bytes = bytesDefault, report }: Place): Promise<Measured> => {
  const count = seating.headers.length - writers;
  const size = quick ? 'quick' : 'full';
  const back = returning(target.otherUrl ?? target.url);
  let killedAtMicros = Infinity;
  const late: number[] = [];
  const steady: number[] = [];
  const crowd = createReturningCrowd(target, seating, count, step, {
    delivered: ({ micros, ms }) => void (micros >= killedAtMicros ? late : steady).push(ms),
    lost: (client) => back.add(crowd, client),
  });
  await connectAll(crowd.clients, target.url, openedAtOnce, openedWithinMs);
  const senders = await openWriters(target, seating, count);
  const routes = seating.channelIds.map((_, channel) => ({ client: channel % writers, channel }));
  const driver = openLoop(routes, deliveriesPerSecond[size] / membersOfRoom);
  const drive = driver(async ({ client, channel }) => {
    const text = stampText({ step, channel, sequence: crowd.ledger.send(channel), micros: nowMicros() }, bytes);
    const channelId = seating.channelIds[channel] ?? '';
    const failure = await senders[client]
      ?.request((id) => target.wire.send(id, channelId, text))
      .then(
        () => null,
        (error: Error) => error.message,
      );
    if (failure) crowd.ledger.refuse(failure);
    return !failure;
  });
  await sleep(beforeMs[size]);
  const before = readings(target);
  killedAtMicros = nowMicros();
  await target.killEdge();
  await sleep(afterMs[size]);
  const returned = await back.settled();
  const cpu = sharesBetween(before, readings(target));
  const unanswered = await drive.stop(unansweredWithinMs);
  await settled(crowd.ledger);
  await crowd.close();
  await Promise.all(senders.map((sender) => sender.close()));
  return measuredOf({ count, returned, unanswered, cpu, crowd, steady, late, report });
};

interface Outcome {
  readonly count: number;
  readonly returned: { readonly lost: number; readonly away: number; readonly tookMs: Latencies };
  readonly unanswered: number;
  readonly cpu: Measured['cpu'];
  readonly crowd: ReturningCrowd;
  readonly steady: readonly number[];
  readonly late: readonly number[];
  readonly report: Place['report'];
}

const measuredOf = ({ count, returned, unanswered, cpu, crowd, steady, late, report }: Outcome): Measured => {
  const ledger = crowd.ledger.counts();
  const latencies = { before: latenciesOf(steady), after: latenciesOf(late) };
  const failures = [
    ...(returned.lost < count ? [`only ${returned.lost} connections were ended`] : []),
    ...(returned.away > 0 ? [`${returned.away} did not come back`] : []),
    ...(ledger.lost + ledger.doubled > 0 ? [`${ledger.lost} lost, ${ledger.doubled} doubled`] : []),
    ...(ledger.refused + unanswered > 0 ? [`${ledger.refused} refused, ${unanswered} not answered`] : []),
  ];
  const failed = failures.length > 0 ? failures.join('; ') : null;
  const { p50, p99, max } = latencies.after;
  const value = Number((max / 1_000).toFixed(3));
  report(`${count} connections: silence of ${value} s at most; ${failed ?? 'nothing lost, nothing doubled'}`);
  const raw = { count, returned, refusals: crowd.refusals, unanswered, ledger, latencies };
  const variant = `${count} connections`;
  return { variant, value: failed ? null : value, p50, p99, failed, note: null, cpu, raw };
};

export const killedGateway: Workload = {
  title: 'the process that holds the connections is killed under deliveries; the clients resume at another one',
  unit: 's of silence at most',
  lowerIsBetter: true,
  // A process is gone after each round.
  fresh: true,
  edges: 2,
  populate: ({ quick, sockets = quick ? counts.quick : counts.full }) => {
    const { kind, members } = roomsOf50(sockets);
    return { clients: sockets + writers, kind, members };
  },
  measure: async (place) => [await measure(place)],
};
