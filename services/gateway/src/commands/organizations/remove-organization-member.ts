import { notFound, ShortNumber } from '@parley/contracts';
import type { AccountId } from '@parley/contracts';
import { systemOf } from '../../protocol/scopes.js';
import type { Caller } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'core'>;

export const removeOrganizationMember =
  (deps: Deps): Handler<'organization.removeMember'> =>
  async ({ type, organization: reference, account }, caller) => {
    const { principal } = caller;
    const { organization } = deps.core.signaling;
    // A fault of the organization comes first, so that callers who are not members learn nothing about users.
    await organization.members({ reference, limit: 1 }, { principal });
    const accountId = await accountOf(deps, caller, account);
    await organization.removeMember({ reference, accountId }, { principal });
    return { type };
  };

const accountOf = async ({ core }: Deps, { principal }: Caller, shown: number): Promise<AccountId> => {
  const number = ShortNumber.safeParse(shown);
  const reference = number.success && { number: number.data };
  const account = reference && (await core.auth.account.find({ reference }, { principal: systemOf(principal.realm) }));
  if (!account) throw notFound('member');
  return account.id;
};
