// W5: how many connections a second become ready: accepted and in their channel; of Parley also authenticated and with their inbox.
import { openCrowd } from '../load/crowd.js';
import { latenciesOf } from '../load/latencies.js';
import { readings, sharesBetween } from '../load/load-step.js';
import type { Population } from '../targets/target.js';
import type { Workload } from './workload.js';

const counts = { full: 2_000, quick: 400 };
const atOnce = 64;
/** Node compiles what runs often, in Parley and Socket.IO alike: the first crowds take up to three times as long for each connection. */
const warmUpCrowds = 3;
export const membersOfRoom = 50;

/** So many accounts in rooms of 50. */
export const roomsOf50 = (clients: number): Population => ({
  clients,
  kind: 'room',
  members: Array.from({ length: Math.ceil(clients / membersOfRoom) }, (_, room) =>
    Array.from({ length: Math.min(membersOfRoom, clients - room * membersOfRoom) }, (_, n) => room * membersOfRoom + n),
  ),
});

export const connections: Workload = {
  title: 'connections with inbox and a channel, each of an account of its own; Socket.IO without authentication',
  unit: 'ready connections/s',
  fresh: false,
  populate: ({ quick, sockets = quick ? counts.quick : counts.full }) => roomsOf50(sockets),
  measure: async ({ target, seating, report }) => {
    for (let nth = 0; nth < warmUpCrowds; nth += 1) await (await openCrowd(target, seating, atOnce)).close();
    const before = readings(target);
    const from = performance.now();
    const crowd = await openCrowd(target, seating, atOnce);
    const elapsedMs = performance.now() - from;
    const cpu = sharesBetween(before, readings(target));
    const { p50, p99, max } = latenciesOf(crowd.readyMs);
    const lost = crowd.lost.size;
    await crowd.close();
    const count = seating.headers.length;
    const value = Math.round((count * 1000) / elapsedMs);
    const failed = lost > 0 ? `${lost} connections were closed` : null;
    report(`${count} connections: ${value}/s ${failed ?? ''}`);
    const raw = { count, atOnce, elapsedMs, max };
    return [{ variant: `${count} connections`, value: failed ? null : value, p50, p99, failed, note: null, cpu, raw }];
  },
};
