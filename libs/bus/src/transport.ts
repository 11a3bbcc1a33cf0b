import type { Deadline } from '@parley/contracts';
import type { BusLog, BusMeter } from './bus.js';
import type { NoReply, Packet } from './packet.js';

/** Which processes serve what is called here. */
export interface Responders {
  /** Keeps knowing who serves `service`; called before each call and by who is about to make some, and cheap. */
  watch(service: string): void;
  /** Whether a process that could have had a call made at `since` (`performance.now()`) was lost after that. Never rejects. */
  lostSince(service: string, since: number): Promise<boolean>;
}

/** An attempt that another one may overtake. */
export interface Attempt {
  /** Set by the driver: stops waiting for the answer, which then is a `deadline_exceeded`. */
  abandon?: () => void;
}

/** What a driver gives the shared core: one try of one call, and whether trying makes sense. */
export interface Transport {
  readonly connected: boolean;
  /** Absent where answers cannot be lost. */
  readonly responders?: Responders;
  readonly log: BusLog;
  readonly meter: BusMeter | undefined;
  /** Never rejects; resolves at `deadline`, after what had arrived by then was read. */
  send(subject: string, packet: Packet, deadline: Deadline, attempt?: Attempt): Promise<Packet | NoReply>;
  /** Resolves when calls have a chance again, or when the time is up. */
  whenConnected(timeoutMs: number): Promise<void>;
}
