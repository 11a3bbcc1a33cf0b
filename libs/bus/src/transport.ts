import type { BusLog, BusMeter } from './bus.js';
import type { Miss, Packet } from './packet.js';

/** What a driver gives the shared core: one try of one call, and whether trying makes sense. */
export interface Transport {
  readonly connected: boolean;
  /** True when answers may be lost on the way (a killed process, a cut line), so that asking again helps. */
  readonly losesAnswers: boolean;
  readonly log: BusLog;
  readonly meter: BusMeter | undefined;
  /** Never rejects; resolves after at most `timeoutMs`. */
  send(subject: string, packet: Packet, timeoutMs: number): Promise<Packet | Miss>;
  /** Resolves when calls have a chance again, or when the time is up. */
  whenConnected(timeoutMs: number): Promise<void>;
}
