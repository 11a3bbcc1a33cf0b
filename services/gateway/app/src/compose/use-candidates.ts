import type { LiveChannel } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { useWatchable } from '../state/use-watchable.js';
import { useClient } from '../view/session-context.js';
import { type Candidate, matching } from './completion.js';

const searchAfterMs = 150;

/**
 * Who can be mentioned: members whose names begin with `text`, and in rooms anyone of the server. `text` null: nobody.
 */
export const useCandidates = (channel: LiveChannel, text: string | null): readonly Candidate[] => {
  const { rest } = useClient();
  const members = useWatchable(channel.members);
  const isRoom = useWatchable(channel.info)?.kind === 'room';
  const [found, setFound] = useState<readonly Candidate[]>([]);
  useEffect(() => {
    setFound([]);
    if (!isRoom || text === null || text === '') return;
    let isCurrent = true;
    const search = async (): Promise<void> => {
      const { accounts } = await rest.searchAccounts({ contains: text, limit: 10 });
      if (isCurrent) setFound(accounts.map(({ id, name, username }) => ({ id, name, handle: username ?? name })));
    };
    const timer = setTimeout(() => void search().catch(() => undefined), searchAfterMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [rest, isRoom, text]);
  if (text === null) return [];
  const known = members.flatMap(({ accountId, name, handle }) =>
    name !== null && handle !== null ? [{ id: accountId, name, handle }] : [],
  );
  const others = found.filter(({ id }) => !known.some((each) => each.id === id));
  return matching([...known, ...others], text);
};
