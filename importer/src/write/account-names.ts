import type { AccountId, AccountSummary } from '@parley/contracts';

const callMax = 500;
/** About 6 MB. */
const keptMax = 20_000;

type Lookup = (ids: AccountId[]) => Promise<readonly AccountSummary[]>;

/** The public parts of accounts that are imported already; the most recently used ones are kept. */
export interface AccountNames {
  /** One for each id. Rejects when auth does not have one of them. */
  of(ids: readonly string[]): Promise<Map<string, AccountSummary>>;
}

export const createAccountNames = (lookup: Lookup): AccountNames => {
  const kept = new Map<string, AccountSummary>();
  const fetch = async (ids: readonly string[]): Promise<AccountSummary[]> => {
    const found: AccountSummary[] = [];
    for (let from = 0; from < ids.length; from += callMax)
      found.push(...(await lookup(ids.slice(from, from + callMax) as AccountId[])));
    return found.map(({ id, number, handle, name }) => ({ id, number, handle, name }));
  };
  return {
    of: async (wanted) => {
      const ids = [...new Set(wanted)];
      const answer = new Map<string, AccountSummary>();
      for (const account of await fetch(ids.filter((id) => !kept.has(id)))) answer.set(account.id, account);
      for (const id of ids) {
        const account = answer.get(id) ?? kept.get(id);
        if (account === undefined) throw new Error(`There is no account ${id} although the source has it`);
        answer.set(id, account);
        kept.delete(id);
        kept.set(id, account);
      }
      for (const id of kept.keys()) {
        if (kept.size <= keptMax) break;
        kept.delete(id);
      }
      return answer;
    },
  };
};
