import type { Scope } from '@parley/contracts';
import type { EncodingObserver } from '../broadcast/encode-event.js';

/** What happens to the events of streams, for counters and logs. */
export interface StreamObserver extends EncodingObserver {
  /** An event arrived before one with a lower sequence. */
  heldBack(): void;
  /** The owner has no entries in a gap, which was skipped. */
  skippedHole(): void;
  /** A range was read, which had this many entries. */
  repaired(entries: number): void;
  repairFailed(scope: Scope, error: unknown): void;
}
