import type { LiveChannel } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { useWatchable } from '../state/use-watchable.js';

/**
 * The sequence after which messages were new when the channel was opened, or when this window was left; null while nothing was. It does not
 * move while the person reads, so that the line stays where it is.
 */
export const useFirstUnread = (channel: LiveChannel): number | null => {
  const [readUpTo, setReadUpTo] = useState<number | null>(null);
  const { count, read } = useWatchable(channel.unread);
  useEffect(() => {
    const isAway = document.visibilityState !== 'visible' || !document.hasFocus();
    if (count > 0 && (readUpTo === null || (isAway && count === 1))) setReadUpTo(read);
  }, [count, read, readUpTo]);
  return readUpTo;
};
