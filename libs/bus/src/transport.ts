import type { Deadline } from '@parley/contracts';
import type { BusLog, BusMeter } from './bus.js';
import type { NoReply, Packet } from './packet.js';

/** Tracks the processes that serve the operations which are called here. */
export interface Responders {
  /** Starts tracking the processes that serve `service`; called before each call, and cheap. */
  watch(service: string): void;
  /** Whether a process that may have received a call made at `since` (`performance.now()`) was lost after that. Never rejects. */
  lostSince(service: string, since: number): Promise<boolean>;
}

/** One attempt of a call, which a later attempt may overtake. */
export interface Attempt {
  /** Set by the driver: stops waiting for the answer, so that the attempt ends as `deadline_exceeded`. */
  abandon?: () => void;
}

/** What a driver provides to the shared core: one attempt of one call, and whether calls can succeed. */
export interface Transport {
  readonly connected: boolean;
  /** Whether the packets of exact operations carry values instead of bodies. */
  readonly handsOver: boolean;
  /** Absent where answers cannot be lost. */
  readonly responders?: Responders;
  readonly log: BusLog;
  readonly meter: BusMeter | undefined;
  /** Never rejects; resolves at `deadline` at the latest, after everything that had arrived by then was read. */
  send(subject: string, packet: Packet, deadline: Deadline, attempt?: Attempt): Promise<Packet | NoReply>;
  /** Resolves when calls can succeed again, or after `timeoutMs`. */
  whenConnected(timeoutMs: number): Promise<void>;
}
