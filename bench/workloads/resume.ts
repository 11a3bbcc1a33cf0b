// W5r: every client is away while five messages are written to its channel; then all come back at once.
import pMap from 'p-map';
import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from '../load/client.js';
import { latenciesOf } from '../load/latencies.js';
import { readings, settled, sharesBetween } from '../load/load-step.js';
import { connectAll, createReturningCrowd } from '../load/returning-crowd.js';
import { nowMicros, stampText } from '../load/stamp.js';
import { roomsOf50 } from './connections.js';
import type { Measured, Place, Workload } from './workload.js';

const counts = { full: 10_000, quick: 300 };
const missed = 5;
const bytesDefault = 128;
const openedAtOnce = 64;
/** Below the queue of a listening socket: beyond it Linux drops packets, and each is sent again a second later. */
const returnedAtOnce = 400;
const returnedWithinMs = 120_000;
const writtenAtOnce = 16;
/** Each round has stamps of its own. */
let rounds = 0;

/** Clients in rooms of 50, and one that only writes. */
const withWriter = (clients: number) => {
  const { kind, members } = roomsOf50(clients);
  return { clients: clients + 1, kind, members };
};

const measure = async (place: Place): Promise<Measured> => {
  const { target, seating, bytes = bytesDefault, report } = place;
  const count = seating.headers.length - 1;
  const step = 5_000 + (rounds += 1);
  let returnedAt = Infinity;
  /** Of each client, how long after the return its last message came. */
  const completeMs = new Map<number, number>();
  const crowd = createReturningCrowd(target, seating, count, step, {
    delivered: ({ client }) => completeMs.set(client, performance.now() - returnedAt),
    lost: () => undefined,
  });
  const writer = await openClient({
    ...{ url: target.url, wire: target.wire, headers: seating.headers[count] ?? {} },
    ...{ onDelivery: () => undefined, onLost: () => undefined },
  });
  const write = (channel: number, channelId: string): Promise<void> => {
    const sequence = crowd.ledger.send(channel);
    const text = stampText({ step, channel, sequence, micros: nowMicros() }, bytes);
    return writer.request((id) => target.wire.send(id, channelId, text));
  };
  const writeToAll = () =>
    pMap(seating.channelIds, (channelId, channel) => write(channel, channelId), { concurrency: writtenAtOnce });
  try {
    await connectAll(crowd.clients, target.url, openedAtOnce, returnedWithinMs);
    // So that each client has a place in its stream, which Socket.IO's recovery needs.
    await writeToAll();
    await settled(crowd.ledger);
    await crowd.close();
    await sleep(500);
    for (let nth = 0; nth < missed; nth += 1) await writeToAll();
    const before = readings(target);
    returnedAt = performance.now();
    completeMs.clear();
    const attempts = await connectAll(crowd.clients, target.url, returnedAtOnce, returnedWithinMs);
    await settled(crowd.ledger);
    const cpu = sharesBetween(before, readings(target));
    const { lost, doubled } = crowd.ledger.counts();
    const { p50, p99, max } = latenciesOf([...completeMs.values()]);
    const failed = lost + doubled > 0 ? `${lost} lost, ${doubled} doubled` : null;
    const value = Number((max / 1_000).toFixed(3));
    report(`${count} connections resumed ${missed} messages each in ${value} s ${failed ?? ''}`);
    const raw = { count, missed, attempts, refusals: crowd.refusals, lost, doubled, completeMs: { p50, p99, max } };
    const variant = `${count} connections`;
    return { variant, value: failed ? null : value, p50, p99, failed, note: null, cpu, raw };
  } finally {
    await crowd.close();
    await writer.close();
  }
};

export const resume: Workload = {
  title: `all connections drop, miss ${missed} messages each and resume at once`,
  unit: 's until nothing is missing',
  lowerIsBetter: true,
  fresh: false,
  populate: ({ quick, sockets = quick ? counts.quick : counts.full }) => withWriter(sockets),
  measure: async (place) => [await measure(place)],
};
