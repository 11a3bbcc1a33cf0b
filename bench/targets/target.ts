// The systems that are compared, as a load sees them.
import type { Wire } from '../load/wire.js';

export type TargetName = 'parley' | 'socket.io-insert' | 'socket.io-memory' | 'ws';

/** Who there is and who is in which channel, in numbers. */
export interface Population {
  readonly clients: number;
  /** `direct`: of two accounts each. `rooms`: open to every account. */
  readonly kind: 'direct' | 'group' | 'room';
  /** By channel, its clients. */
  readonly members: readonly (readonly number[])[];
}

/** A population as a system knows it. */
export interface Seating {
  /** Of the upgrade of each client. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  readonly members: Population['members'];
  readonly channelIds: readonly string[];
  /** Whether a client asks for its channels; otherwise they come to it by themselves. */
  readonly joins: boolean;
}

export interface Target {
  readonly name: TargetName;
  /** `ws://…`, without a path. */
  readonly url: string;
  readonly wire: Wire;
  /** Its processes by name. */
  readonly processes: ReadonlyMap<string, number>;
  /** The process that holds the connections. */
  readonly edge: number;
  /** Creates what the population needs. */
  seat(population: Population): Promise<Seating>;
  /** How many messages it has stored; null when it stores none. */
  stored(): Promise<number | null>;
  stop(): Promise<void>;
}
