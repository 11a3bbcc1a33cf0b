// What the two systems and the generator have in common, and what is measured of them.
import type { Child } from './child.js';

/** Where the listeners connect, and how they know that they receive the room. */
export interface Endpoint {
  readonly port: number;
  readonly path: string;
  /** The first frame of each. */
  readonly hello: string | Uint8Array;
  /** What is in the frame that answers it. */
  readonly ready: string | Uint8Array;
  /** `marks`: the server puts several messages into one frame, text or binary, and `hello` is binary. Default: `frames`. */
  readonly countedBy?: 'frames' | 'marks';
  /** Header lines, dealt out in turn. */
  readonly headers: readonly string[];
}

export interface System {
  readonly name: SystemName;
  /** The process under test. */
  readonly pid: number;
  /** Those that are preferred with `--prefer`. */
  readonly pids: readonly number[];
  readonly endpoint: Endpoint;
  readonly publisher: Child;
  stop(): Promise<void>;
}

/** Servers that only fan out: they have no accounts, no history and no order across senders. */
export const fanOutServers = ['nats', 'mosquitto', 'centrifugo'] as const;
export type FanOutServer = (typeof fanOutServers)[number];
export type SystemName = 'socket.io' | 'parley' | FanOutServer;

export interface Cores {
  readonly gateway: number;
  readonly rest: number;
}

export interface Room {
  readonly system: System;
  readonly listeners: Child;
  readonly sockets: number;
  readonly cores: Cores;
}

/** The answer of the publisher to `rate` and `count`. */
export interface PublishedCount {
  readonly published: number;
  readonly cpuMs: number;
}

/** The answer of the listeners to `total`. */
export interface Totals {
  readonly total: number;
  readonly lost: number;
  readonly doubled: number;
  readonly closed: number;
}

/** The answer of the listeners to `end`; latencies in milliseconds, -1 without a sample. */
export interface Received {
  readonly elapsedMs: number;
  readonly deliveries: number;
  readonly bytes: number;
  readonly lost: number;
  readonly doubled: number;
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly cpuMs: number;
}

export interface Pace {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface Plan {
  readonly attempts: number;
  readonly factor: number;
  readonly stepsMax: number;
  readonly pace: Pace;
  /** Messages a second. */
  readonly firstRate: number;
}
