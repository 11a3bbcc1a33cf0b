import type { Account } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { useClient } from './session-context.js';

const searchAfterMs = 120;

/** Accounts whose user name or display name contains the text; null until the first answer. */
export const usePeopleSearch = (text: string, limit = 8): readonly Account[] | null => {
  const { rest } = useClient();
  const [found, setFound] = useState<readonly Account[] | null>(null);
  useEffect(() => {
    const contains = text.trim().replace(/^@/, '');
    if (contains === '') return setFound(null);
    let isCurrent = true;
    const search = async (): Promise<void> => {
      const { accounts } = await rest.searchAccounts({ contains, limit });
      if (isCurrent) setFound(accounts);
    };
    // Without a network no accounts can be found; the known ones stay usable.
    const timer = setTimeout(() => void search().catch(() => isCurrent && setFound([])), searchAfterMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [rest, text, limit]);
  return found;
};
