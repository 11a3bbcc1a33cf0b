import { systemOf } from '../../protocol/scopes.js';
import type { ExecuteDeps, Handler } from '../deps.js';

/** Signs in without the password, which auth would have to hash once more. */
export const beginAccount =
  ({ core: { auth } }: Pick<ExecuteDeps, 'core'>): Handler<'account.begin'> =>
  async ({ type, person }, { principal }) => {
    const { realm, dialect } = principal;
    const { id: accountId } = await auth.account.register({ kind: 'person', ...person }, { principal });
    const grant = await auth.token.issue({ accountId, dialect }, { principal: systemOf(realm) });
    return { type, grant };
  };
