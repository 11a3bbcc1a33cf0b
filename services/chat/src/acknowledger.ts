import { withCallerDeadline } from '@parley/postgres';
import type { Log } from '@parley/runtime';
import type { ChatConfig } from './config.js';
import { GroupCommitter } from './store/group-committer.js';
import type { Acknowledgement, Deliveries } from './store/deliveries.js';

interface Deps {
  readonly deliveries: Pick<Deliveries, 'acknowledge'>;
  readonly log: Log;
}

/** One caller's acknowledgements, with their size. */
export interface Acknowledging extends Acknowledgement {
  readonly bytes: number;
}

export interface Acknowledger {
  /** Resolves after the commit with the number of messages that were acknowledged. */
  commit(acknowledging: Acknowledging, deadline: number): Promise<number>;
  idle(): Promise<void>;
}

const groupItemsMax = 200;
/** As that of messages (committer.ts), which devices acknowledge at the same rate. */
const distanceMs = 8;

/** Devices acknowledge each message separately: concurrent acknowledgements are committed together. */
export const createAcknowledger = (config: ChatConfig, { deliveries, log }: Deps): Acknowledger =>
  new GroupCommitter<Acknowledging, number>({
    what: 'acknowledgement',
    orderingKeyOf: ({ accountId }) => accountId,
    distanceMs,
    groupItemsMax,
    groupBytesMax: config.groupBytesMax,
    waitingMax: config.waitingMax,
    append: (group, deadline) => withCallerDeadline(deadline, () => deliveries.acknowledge(group)),
    onRetry: ({ size, attempt, fault }) =>
      log.warn(
        { size, attempt, reason: fault.reason, err: fault.cause },
        'acknowledgements could not be committed yet',
      ),
  });
