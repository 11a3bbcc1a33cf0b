// W2: rooms of 50, five for each client; every member writes in turn.
import { measureRamp, rampOf } from './rate-ramp.js';
import type { Workload } from './workload.js';

const rooms = { full: 100, quick: 20 };
const membersOfEach = 50;
const roomsOfEach = 5;

/** Room r has the clients r·10, r·10 + 1, … so that each is in five rooms, and two rooms share at most 40. */
const membersOf = (room: number, clients: number): readonly number[] =>
  Array.from({ length: membersOfEach }, (_, n) => (room * (membersOfEach / roomsOfEach) + n) % clients);

export const manyRooms: Workload = {
  title: 'rooms of 50 members, five for each client, durable, p99 of the delivery at most 100 ms',
  unit: 'deliveries/s',
  fresh: false,
  populate: ({ quick }) => {
    const count = quick ? rooms.quick : rooms.full;
    const clients = (count * membersOfEach) / roomsOfEach;
    return { clients, kind: 'group', members: Array.from({ length: count }, (_, room) => membersOf(room, clients)) };
  },
  measure: async (place) => {
    const { members } = place.seating;
    // The first member of every room, then the second, …
    const routes = Array.from({ length: membersOfEach }, (_, nth) =>
      members.map((clients, channel) => ({ client: clients[nth] ?? 0, channel })),
    ).flat();
    return measureRamp(place, routes, rampOf(place, 40), 'deliveries');
  },
};
