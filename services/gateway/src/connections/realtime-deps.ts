import type { Bus } from '@parley/bus';
import type { Realm } from '@parley/contracts';
import type { Log, Metrics } from '@parley/runtime';
import type { AccountPreferences } from '../authentication/account-preferences.js';
import type { Principals } from '../authentication/principal.js';
import type { Core } from '../core.js';
import type { OpeningPaceOptions } from '../limits/opening-pace.js';
import type { AccountBudget, RealtimeLimits } from '../limits/realtime-limits.js';
import type { Presence } from '../presence/presence.js';
import type { Timings } from '../timing/timings.js';

/** What the connections of a process use. */
export interface RealtimeDeps {
  readonly bus: Bus;
  readonly core: Core;
  readonly principals: Principals;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Default: as tokens have them. */
  readonly preferences?: AccountPreferences;
  /** Shared by all gateways; default: in this process only. */
  readonly presence?: Presence;
  /** Monotonic milliseconds. */
  readonly clock?: () => number;
}

export interface RealtimeOptions {
  readonly limits: RealtimeLimits;
  /** Shared with the other APIs that serve these accounts; without it, an account has no common limit. */
  readonly accountBudget?: AccountBudget;
  /** Realms with a dialect whose senders ask whether a message was delivered. */
  readonly deliveryTrackedIn?: ReadonlySet<Realm>;
  /** Whether the `sampled` flag of a client's trace decides what is recorded. */
  readonly trustClientSampling?: boolean;
  readonly timings?: Partial<Timings>;
  /** How many connections may be opening at once; tests lower it. */
  readonly pace?: Partial<OpeningPaceOptions>;
}
