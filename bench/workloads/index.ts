import { connections } from './connections.js';
import { addressChurn } from './address-churn.js';
import { durableSends } from './durable-sends.js';
import { idleMemory } from './idle-memory.js';
import { killedGateway } from './killed-gateway.js';
import { manyRooms } from './many-rooms.js';
import { oneChannel } from './one-channel.js';
import { oneToOne } from './one-to-one.js';
import { resume } from './resume.js';
import { steadyOneToOne, steadySends } from './steady.js';
import { stuckReaders } from './stuck-readers.js';
import type { Workload, WorkloadName } from './workload.js';

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  W2: manyRooms,
  W3: oneToOne,
  W3s: steadyOneToOne,
  W4: durableSends,
  W4h: oneChannel,
  W4s: steadySends,
  W5: connections,
  W5r: resume,
  W6: idleMemory,
  W7: killedGateway,
  W8: stuckReaders,
  W9: addressChurn,
};
