import type { LiveChannel } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { useWatchable } from '../state/use-watchable.js';

export interface FirstUnread {
  /** Whether it is known: the channel is followed. */
  readonly isKnown: boolean;
  /** The sequence after which messages were new; null: none were. */
  readonly readUpTo: number | null;
  /** How many. */
  readonly count: number;
}

const unreadOf = ({ status, unread }: LiveChannel): FirstUnread => {
  const { count, read } = unread.value;
  return status.value.name !== 'live'
    ? { isKnown: false, readUpTo: null, count: 0 }
    : { isKnown: true, readUpTo: count > 0 ? read : null, count };
};

/**
 * What was new when the channel was opened, or when this window was left. It does not move while the person reads, so that the line stays
 * where it is.
 */
export const useFirstUnread = (channel: LiveChannel): FirstUnread => {
  const [first, setFirst] = useState(() => unreadOf(channel));
  const { isKnown, readUpTo } = first;
  const status = useWatchable(channel.status);
  const { count } = useWatchable(channel.unread);
  useEffect(() => {
    const isAway = document.visibilityState !== 'visible' || !document.hasFocus();
    if (!isKnown || (count > 0 && (readUpTo === null || (isAway && count === 1)))) setFirst(unreadOf(channel));
  }, [channel, status, count, isKnown, readUpTo]);
  return first;
};
