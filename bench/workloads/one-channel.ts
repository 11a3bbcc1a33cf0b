// W4h: everybody writes to one channel, which one client receives: numbers without a gap under contention for one row.
import { sendsOver } from './durable-sends.js';
import type { Workload } from './workload.js';

const senders = { full: 200, quick: 50 };

export const oneChannel: Workload = {
  title: 'all senders write to one channel, durable and acknowledged; one client receives it',
  unit: 'acknowledged/s',
  fresh: false,
  // Every account may write to a room; only the first client receives, so that fan-out is no part of it.
  populate: ({ quick }) => ({ clients: quick ? senders.quick : senders.full, kind: 'room', members: [[0]] }),
  measure: (place) =>
    sendsOver(
      place,
      place.seating.headers.map((_, client) => ({ client, channel: 0 })),
      [1, 4],
    ),
};
