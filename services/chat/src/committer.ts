import type { Log, Metrics } from '@parley/runtime';
import type { ChatConfig } from './config.js';
import type { Appended } from './domain/announcements.js';
import { GroupCommitter } from './store/group-committer.js';
import type { EntryLog, Prepared } from './store/log.js';

interface Deps {
  readonly entryLog: Pick<EntryLog, 'append'>;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
}

/** Halves what a message costs at a thousand a second, and is less than a screen takes to show it. */
const distanceMs = 8;

/** The group committer of entries, with its metrics and logs. */
export const createCommitter = (
  config: ChatConfig,
  { entryLog, log, metrics }: Deps,
): GroupCommitter<Prepared, Appended> => {
  const sizes = metrics?.histogram(
    'parley_chat_group_messages',
    'Messages committed together',
    [1, 2, 5, 10, 20, 50, 100, 200, 400],
  );
  const seconds = metrics?.histogram(
    'parley_chat_commit_seconds',
    'From the start of a group to its commit, retries included',
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  );
  const retries = metrics?.counter('parley_chat_commit_retries_total', 'Groups tried again because the store was away');
  const committed = { new: 0, repeated: 0, refused: 0 };
  metrics?.counter(
    'parley_chat_messages_total',
    'Messages and changes of messages: committed, there already, or refused',
    {
      labels: ['result'],
      read: () => Object.entries(committed).map(([result, count]) => [{ result }, count] as const),
    },
  );
  const committer: GroupCommitter<Prepared, Appended> = new GroupCommitter({
    what: 'message',
    // What one sends to a channel in sequence: with several in flight it waits for no answer.
    orderingKeyOf: ({ draft }) => `${draft.channel.id} ${draft.sender.id}`,
    distanceMs,
    groupItemsMax: config.groupMessagesMax,
    groupBytesMax: config.groupBytesMax,
    waitingMax: config.waitingMax,
    append: async (group, deadline) => {
      const appended = await entryLog.append(group, deadline);
      for (const one of appended) committed[resultOf(one)] += 1;
      return appended;
    },
    onGroup: ({ size, tookMs }) => {
      sizes?.observe(size);
      seconds?.observe(tookMs / 1_000);
    },
    onRetry: ({ size, attempt, fault }) => {
      retries?.inc();
      log.warn({ size, attempt, reason: fault.reason, err: fault.cause }, 'a group could not be committed yet');
    },
  });
  metrics?.gauge('parley_chat_waiting', 'Sends that wait for the next group', { read: () => committer.waitingCount });
  return committer;
};

const resultOf = (appended: Appended): 'new' | 'repeated' | 'refused' => {
  if ('refused' in appended) return 'refused';
  return appended.repeated ? 'repeated' : 'new';
};
