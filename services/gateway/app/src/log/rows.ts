import type { TimelineMessage } from '@parley/client';
import { dayKey } from '../text/times.js';

export type Row =
  | { readonly type: 'day'; readonly key: string; readonly time: string }
  | { readonly type: 'new'; readonly key: string }
  | {
      readonly type: 'message';
      readonly key: string;
      readonly message: TimelineMessage;
      readonly isCompact: boolean;
      /** Whether its state is shown: the last own message in a state speaks for those before it. */
      readonly hasState: boolean;
    };

/** Messages of one sender within this time are shown as one group. */
const groupMs = 5 * 60_000;

const continues = (message: TimelineMessage, before: TimelineMessage | undefined): boolean =>
  before !== undefined &&
  before.sender.id === message.sender.id &&
  message.replyTo === null &&
  message.threadRoot === null &&
  before.deletedAt === null &&
  new Date(message.sentAt).getTime() - new Date(before.sentAt).getTime() < groupMs;

/** The own messages whose state is shown. */
const withState = (messages: readonly TimelineMessage[]): ReadonlySet<TimelineMessage> => {
  const seen = new Set<TimelineMessage['state']>([null]);
  const shown = messages.toReversed().filter(({ state, deletedAt }) => {
    if (deletedAt !== null) return false;
    const isShown = state === 'sending' || state === 'failed' || !seen.has(state);
    seen.add(state);
    return isShown;
  });
  return new Set(shown);
};

/**
 * The rows of a list of messages: a line before each day and one before the first message of others after the sequence `readUpTo`
 * (null: no such line).
 */
export const rowsOf = (messages: readonly TimelineMessage[], readUpTo: number | null): readonly Row[] => {
  const rows: Row[] = [];
  let before: TimelineMessage | undefined;
  let hasLine = readUpTo === null;
  const stated = withState(messages);
  for (const message of messages) {
    const isNewDay = before === undefined || dayKey(before.sentAt) !== dayKey(message.sentAt);
    if (isNewDay) rows.push({ type: 'day', key: `day ${dayKey(message.sentAt)} ${message.key}`, time: message.sentAt });
    const isFirstNew = !hasLine && !message.isOwn && (message.sequence ?? 0) > (readUpTo ?? 0);
    if (isFirstNew) rows.push({ type: 'new', key: 'new' });
    hasLine ||= isFirstNew;
    const isCompact = !isNewDay && !isFirstNew && continues(message, before);
    rows.push({ type: 'message', key: message.key, message, isCompact, hasState: stated.has(message) });
    before = message;
  }
  return rows;
};
