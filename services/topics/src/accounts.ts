import { notFound, type AccountId, type Auth, type Client, type Context } from '@parley/contracts';

/** Queries about accounts, which belong to auth. */
export interface Accounts {
  /** `not_found` `account_not_found` unless all of them exist in the caller's realm. */
  assertExist(ids: readonly AccountId[], context: Context): Promise<void>;
}

const lookupMax = 500;

export const accountsOf = (auth: Client<Auth>): Accounts => ({
  assertExist: async (ids, context) => {
    const unique = [...new Set(ids)];
    for (let from = 0; from < unique.length; from += lookupMax) {
      const page = unique.slice(from, from + lookupMax);
      const found = await auth.account.lookup({ ids: page }, context);
      if (found.length < page.length) throw notFound('account');
    }
  },
});
