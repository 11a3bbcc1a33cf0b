// W3: pairs write to each other. Both of a pair receive each message, as every client of an account does.
import { measureRamp, rampOf } from './rate-ramp.js';
import type { Workload } from './workload.js';

const pairs = { full: 500, quick: 100 };

export const oneToOne: Workload = {
  title: 'one to one in pairs, durable, p99 of the delivery at most 100 ms',
  unit: 'messages/s',
  fresh: false,
  populate: ({ quick }) => {
    const count = quick ? pairs.quick : pairs.full;
    const members = Array.from({ length: count }, (_, index) => [2 * index, 2 * index + 1]);
    return { clients: 2 * count, kind: 'direct', members };
  },
  measure: async (place) => {
    const { members } = place.seating;
    // All of the one side, then all of the other.
    const routes = [0, 1].flatMap((side) => members.map((_, channel) => ({ client: 2 * channel + side, channel })));
    return measureRamp(place, routes, rampOf(place, 100), 'messages');
  },
};
