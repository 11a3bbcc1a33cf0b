import type { Population, Seating, Target, TargetName } from '../targets/target.js';

export type WorkloadName = 'W2' | 'W3' | 'W3s' | 'W4' | 'W4h' | 'W4s' | 'W5' | 'W5r' | 'W6' | 'W7' | 'W8' | 'W9';

/** What each compares: the forms of Parley with the others. */
export const comparedIn: Readonly<Record<WorkloadName, readonly TargetName[]>> = {
  W2: ['parley', 'parley-one', 'socket.io-insert', 'socket.io-memory'],
  W3: ['parley', 'parley-one', 'socket.io-insert', 'socket.io-memory'],
  W3s: ['parley', 'socket.io-insert'],
  W4: ['parley', 'parley-one', 'socket.io-insert'],
  W4h: ['parley', 'parley-one', 'socket.io-insert'],
  W4s: ['parley', 'socket.io-insert'],
  W5: ['parley', 'parley-one', 'socket.io-memory'],
  W5r: ['parley', 'socket.io-streams'],
  W6: ['parley', 'socket.io-memory', 'ws'],
  W7: ['parley', 'socket.io-streams'],
  W8: ['parley', 'socket.io-memory'],
  W9: ['parley', 'random-10'],
};

export interface WorkloadOptions {
  /** A smoke check of less than a minute. */
  readonly quick: boolean;
  /** Of text in each message; undefined: the workload's own. */
  readonly bytes: number | undefined;
  /** Connections, where their number is the workload; undefined: the workload's own. */
  readonly sockets: number | undefined;
}

export interface Place extends WorkloadOptions {
  readonly target: Target;
  readonly seating: Seating;
  /** Prints a line about what is going on. */
  readonly report: (line: string) => void;
}

/** One figure of one round. */
export interface Measured {
  /** What was measured, where a workload has several. */
  readonly variant: string;
  /** null: it failed. */
  readonly value: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly failed: string | null;
  /** What ended it, and whatever else a reader of the figure must know. */
  readonly note: string | null;
  /** Shares of a core by process. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Everything else that was measured. */
  readonly raw: unknown;
}

export interface Workload {
  readonly title: string;
  readonly unit: string;
  /** Default: more is better. */
  readonly lowerIsBetter?: boolean;
  /** How many processes hold connections. Default: 1. */
  readonly edges?: 1 | 2;
  /** Whether each round needs processes that carried nothing before. */
  readonly fresh: boolean;
  /** Of all processes, where they need something. */
  readonly environment?: Readonly<Record<string, string>>;
  populate(options: WorkloadOptions): Population;
  measure(place: Place): Promise<readonly Measured[]>;
}
