import { connections } from './connections.js';
import { durableSends } from './durable-sends.js';
import { idleMemory } from './idle-memory.js';
import { manyRooms } from './many-rooms.js';
import { oneToOne } from './one-to-one.js';
import type { Workload, WorkloadName } from './workload.js';

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  W2: manyRooms,
  W3: oneToOne,
  W4: durableSends,
  W5: connections,
  W6: idleMemory,
};
