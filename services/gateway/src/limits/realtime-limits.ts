import type { ConnectionLimitsOptions } from './connection-limits.js';

/** What an operator may set (config.ts). */
export interface RealtimeLimits extends ConnectionLimitsOptions {
  readonly frameBytesMax: number;
  readonly framesPerSecond: number;
  readonly framesBurst: number;
  readonly outgoingBytesMax: number;
  /** What may wait for all clients of this process together. */
  readonly bufferedBytesMax: number;
}

/** What all connections of an account may ask for together, by its id. `take`: null, or in how many milliseconds to try again. */
export interface AccountBudget {
  take(accountId: string): number | null;
  giveBack(accountId: string): void;
}
