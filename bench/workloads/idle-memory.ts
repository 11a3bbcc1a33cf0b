// W6: what an idle connection costs the process that holds it: its resident memory after garbage was collected, with and without them.
import { setTimeout as sleep } from 'node:timers/promises';
import { openCrowd } from '../load/crowd.js';
import { residentBytesOf } from '../machine.js';
import type { Seating } from '../targets/target.js';
import { membersOfRoom, roomsOf50 } from './connections.js';
import type { Workload } from './workload.js';

/** What a process takes once and does not give back varies by some MB between readings; with so many connections that is less than 1 KB of each. */
const counts = { full: 10_000, quick: 500 };
const settleMs = { full: 3_000, quick: 1_000 };
/** More than the heartbeats of all systems: a connection is idle when it has had one without anything else. */
const idleMs = { full: 30_000, quick: 0 };
const collections = 3;
const readEveryMs = 50;

/**
 * Collects twice and more: what a finalizer frees is collected by the next one. The least that was read after the last one: heartbeats fill the
 * young generation again.
 */
const settledBytes = async (pid: number, eachMs: number, idleMs: number): Promise<number> => {
  await sleep(idleMs);
  let least = Infinity;
  for (let one = 0; one < collections; one += 1) {
    process.kill(pid, 'SIGUSR2');
    least = Infinity;
    for (const end = performance.now() + eachMs; performance.now() < end; await sleep(readEveryMs))
      least = Math.min(least, residentBytesOf(pid));
  }
  return least;
};

/** The clients from one index up to another, at the border of a room. */
const part = ({ headers, members, channelIds, joins }: Seating, from: number, to: number): Seating => {
  const rooms = [from / membersOfRoom, to / membersOfRoom] as const;
  return {
    headers: headers.slice(from, to),
    members: members.slice(...rooms).map((clients) => clients.map((one) => one - from)),
    channelIds: channelIds.slice(...rooms),
    joins,
  };
};

export const idleMemory: Workload = {
  title: 'memory of an idle connection with inbox and a channel',
  unit: 'bytes of resident memory for each connection',
  // Memory that was used once is used again: a second round in the same process would find less.
  fresh: true,
  environment: { NODE_OPTIONS: `--import ${new URL('../collect-garbage.js', import.meta.url).href}` },
  populate: ({ quick, sockets = quick ? counts.quick : counts.full }) => {
    if (sockets < 2 * membersOfRoom) throw new Error(`W6 needs at least ${2 * membersOfRoom} connections`);
    return roomsOf50(sockets);
  },
  measure: async ({ target, seating, quick, report }) => {
    const times = [quick ? settleMs.quick : settleMs.full, quick ? idleMs.quick : idleMs.full] as const;
    const clients = seating.headers.length;
    // A part of them is there in both readings: code is compiled and pools have grown before anything is compared.
    const already = Math.ceil(clients / 5 / membersOfRoom) * membersOfRoom;
    const first = await openCrowd(target, part(seating, 0, already));
    const before = await settledBytes(target.edge, ...times);
    const crowd = await openCrowd(target, part(seating, already, clients));
    const after = await settledBytes(target.edge, ...times);
    const lost = first.lost.size + crowd.lost.size;
    await Promise.all([first.close(), crowd.close()]);
    const count = clients - already;
    const value = Math.round((after - before) / count);
    const failed = lost > 0 ? `${lost} connections were closed` : null;
    report(`${count} connections beside ${already}: ${value} bytes each ${failed ?? ''}`);
    const raw = { already, count, before, after };
    return [
      {
        variant: `${count} connections`,
        value: failed ? null : value,
        p50: null,
        p99: null,
        failed,
        note: null,
        cpu: {},
        raw,
      },
    ];
  },
};
