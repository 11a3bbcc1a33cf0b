import type { ConnectionLimitsOptions } from './connection-limits.js';

/** The limits that an operator can change (config.ts). */
export interface RealtimeLimits extends ConnectionLimitsOptions {
  readonly frameBytesMax: number;
  readonly framesPerSecond: number;
  readonly framesBurst: number;
  readonly outgoingBytesMax: number;
  /** Bytes buffered for all clients of this process together. */
  readonly bufferedBytesMax: number;
}

/** The shared budget of all connections of an account, by account id. `take`: null, or the milliseconds until the next attempt. */
export interface AccountBudget {
  take(accountId: string): number | null;
  giveBack(accountId: string): void;
}
