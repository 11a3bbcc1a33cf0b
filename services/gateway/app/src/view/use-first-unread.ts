import type { LiveChannel } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { useWatchable } from '../state/use-watchable.js';

export interface FirstUnread {
  /** The sequence after which messages were new; null: none were. */
  readonly readUpTo: number | null;
  /** How many. */
  readonly count: number;
}

/**
 * What was new when the channel was opened, or when this window was left. It does not move while the person reads, so that the line stays
 * where it is.
 */
export const useFirstUnread = (channel: LiveChannel): FirstUnread => {
  const [first, setFirst] = useState<FirstUnread>({ readUpTo: null, count: 0 });
  const { readUpTo } = first;
  const { count, read } = useWatchable(channel.unread);
  useEffect(() => {
    const isAway = document.visibilityState !== 'visible' || !document.hasFocus();
    if (count > 0 && (readUpTo === null || (isAway && count === 1))) setFirst({ readUpTo: read, count });
  }, [count, read, readUpTo]);
  return first;
};
