import type { Bus } from '@parley/bus';
import { type AccountId, auth, contract, foldName } from '@parley/contracts';

/** The part of auth that chat calls, as its contract defines it; resolves with the accounts by user name. */
export const fakeNames = async (bus: Bus): Promise<Map<string, AccountId>> => {
  const usernames = new Map<string, AccountId>();
  const { named } = auth.nouns.account;
  await bus.serve(contract('auth', { account: { named } }), {
    account: {
      named: async ({ usernames: asked }) => {
        const keys = new Set(asked.map(foldName));
        return [...usernames].flatMap(([username, id]) => (keys.has(foldName(username)) ? [{ id, username }] : []));
      },
    },
  });
  return usernames;
};
