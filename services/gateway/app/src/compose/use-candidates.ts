import type { LiveChannel } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { useWatchable } from '../state/use-watchable.js';
import { useClient } from '../view/session-context.js';
import { type Candidate, matching } from './completion.js';

const searchAfterMs = 150;
/** The server answers by the age of accounts: the best ones are chosen here. */
const searchLimit = 50;

/** Who can be mentioned: members with `text` in a name, and in rooms anyone of the server, whom the server finds by both names. `text` null: no one. */
export const useCandidates = (channel: LiveChannel, text: string | null): readonly Candidate[] => {
  const { rest } = useClient();
  const members = useWatchable(channel.members);
  const isRoom = useWatchable(channel.info)?.kind === 'room';
  // All members of a small channel are known here already.
  const asksServer = isRoom || channel.members.hasMore;
  const [found, setFound] = useState<readonly Candidate[]>([]);
  useEffect(() => {
    setFound([]);
    if (!asksServer || text === null || text === '') return;
    let isCurrent = true;
    const search = async (): Promise<void> => {
      const { accounts } = await rest.searchAccounts({ contains: text, limit: searchLimit });
      // A device has no user name, and cannot be mentioned.
      if (isCurrent)
        setFound(
          accounts.flatMap(({ id, name, username }) => (username === null ? [] : [{ id, name, handle: username }])),
        );
    };
    const timer = setTimeout(() => void search().catch(() => undefined), searchAfterMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [rest, asksServer, text]);
  if (text === null) return [];
  // Texts mention by user name, whatever the handle of an account is.
  const known = members.flatMap(({ accountId, name, username }) =>
    name !== null && username !== null ? [{ id: accountId, name, handle: username }] : [],
  );
  const others = found.filter(({ id }) => !known.some((each) => each.id === id));
  return matching([...known, ...others], text);
};
