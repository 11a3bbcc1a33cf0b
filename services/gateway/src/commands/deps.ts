import type { Bus } from '@parley/bus';
import type { Core } from '../core.js';
import type { Principals } from '../authentication/principal.js';
import type { AccountPreferences } from '../authentication/account-preferences.js';
import type { Peers } from '../peers/peers.js';
import type { PresenceSubscriptions } from '../presence/presence-subscriptions.js';
import type { PresenceTracker } from '../presence/presence-tracker.js';
import type { CommandOf, ExecutedType, ResultOf } from '../protocol/command.js';
import type { Attachments } from '../streams/attachments.js';
import type { Timings } from '../timing/timings.js';
import type { CallerOf } from './caller.js';
import type { ReceiptBatches } from './receipts/receipt-batches.js';
import type { TargetResolver } from './target-resolver.js';

/** Everything that handlers of commands depend on. No function takes it whole: each names the part that it needs. */
export interface ExecuteDeps {
  readonly core: Core;
  readonly bus: Bus;
  readonly principals: Pick<Principals, 'authenticate' | 'now'>;
  readonly attachments: Attachments;
  readonly peers: Peers;
  readonly targets: TargetResolver;
  readonly tracker: Pick<PresenceTracker, 'setAway'>;
  readonly subscriptions: Pick<PresenceSubscriptions, 'subscribe' | 'unsubscribe'>;
  readonly preferences: Pick<AccountPreferences, 'of'>;
  readonly receipts: Pick<ReceiptBatches, 'record'>;
  readonly timings: Pick<Timings, 'callMs' | 'sendMs' | 'typingMs'>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** Runs one type of command. Throws a Fault that the dialect encodes. */
export type Handler<T extends ExecutedType> = (command: CommandOf<T>, caller: CallerOf<T>) => Promise<ResultOf<T>>;
