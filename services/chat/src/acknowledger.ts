import type { Log } from '@parley/runtime';
import type { ChatConfig } from './config.js';
import { GroupCommitter } from './store/group-committer.js';
import type { Acknowledgement, Places } from './store/places.js';

interface Deps {
  readonly places: Pick<Places, 'acknowledge'>;
  readonly log: Log;
}

/** What a commit is asked for, and its size. */
export interface Acknowledging extends Acknowledgement {
  readonly bytes: number;
}

export interface Acknowledger {
  /** Resolves after the commit with how many messages that was. */
  commit(acknowledging: Acknowledging, deadline: number): Promise<number>;
  idle(): Promise<void>;
}

const groupItemsMax = 200;

/** Devices acknowledge each message by itself: what many of them bring at the same time is committed together. */
export const createAcknowledger = (config: ChatConfig, { places, log }: Deps): Acknowledger =>
  new GroupCommitter<Acknowledging, number>({
    what: 'acknowledgement',
    groupItemsMax,
    groupBytesMax: config.groupBytesMax,
    waitingMax: config.waitingMax,
    append: (group) => places.acknowledge(group),
    onRetry: ({ size, attempt, fault }) =>
      log.warn(
        { size, attempt, reason: fault.reason, err: fault.cause },
        'acknowledgements could not be committed yet',
      ),
  });
