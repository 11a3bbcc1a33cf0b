// The systems that are compared, as a load sees them.
import type { Wire } from '../load/wire.js';

/** The forms of Parley: a process for each service with NATS and Redis between them; all of it in one process. */
export const forms = ['parley', 'parley-one'] as const;
export type FormName = (typeof forms)[number];

export type TargetName = FormName | 'socket.io-insert' | 'socket.io-memory' | 'socket.io-streams' | 'ws' | 'random-10';

export const isForm = (name: string): name is FormName => (forms as readonly string[]).includes(name);

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

/** Holders of addresses, each of which has one. */
export interface Leases {
  /** Gives the address of a holder back, and takes one again; resolves with whether there was one for it. */
  change(holder: number): Promise<boolean>;
  /** How many addresses are held, and how many of them by more than one. */
  count(): Promise<{ readonly held: number; readonly doubled: number }>;
}

export interface Target {
  readonly name: TargetName;
  /** `ws://…`, without a path. */
  readonly url: string;
  readonly wire: Wire;
  /** Its processes by name. */
  readonly processes: ReadonlyMap<string, number>;
  /** The same for clients whose process was killed; null with one process. */
  readonly otherUrl: string | null;
  /** Kills the process at `url`, as a machine that fails does; the target is of no more use for another round. */
  killEdge(): Promise<void>;
  /** Addresses of a network of 254, where a system gives some out. */
  readonly openLeases?: (holders: number) => Promise<Leases>;
  /** The process that holds the connections. */
  readonly edge: number;
  /** Creates what the population needs. */
  seat(population: Population): Promise<Seating>;
  /** How many messages it has stored; null when it stores none. */
  stored(): Promise<number | null>;
  stop(): Promise<void>;
}
